"""Run one command to its end: signals go on to it, and nothing that it started stays behind."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType

from saas.embedded.process import become_subreaper, dies_with_us

FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LEFTOVER_SECONDS = 5.0
NOT_EXECUTABLE = 126
NOT_FOUND = 127


def run(argv: Sequence[str], env: Mapping[str, str]) -> int:
    """The command's exit code as a shell gives it: 128 + n when signal n ended it.

    From its end on signals are ignored: what is left to do is short, and must not be left undone.
    """
    become_subreaper()
    ours = children()
    try:
        return _run(argv, env)
    finally:
        for number in FORWARDED:
            signal.signal(number, signal.SIG_IGN)
        end_leftovers(keep=ours)


def _run(argv: Sequence[str], env: Mapping[str, str]) -> int:
    try:
        arm = dies_with_us(signal.SIGTERM)
        child = subprocess.Popen(argv, env=env, preexec_fn=arm)  # noqa: S603 - what we are for
    except OSError as error:
        print(f"tenantbeat: {argv[0]}: {error.strerror}", file=sys.stderr)
        return NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE
    _send_signals_to(child)
    code = child.wait()
    return code if code >= 0 else 128 - code


def _send_signals_to(child: subprocess.Popen[bytes]) -> None:
    def forward(number: int, frame: FrameType | None) -> None:
        # Ctrl-C in a terminal has reached the child already: it is in the same process group.
        if not (number == signal.SIGINT and _in_foreground()):
            child.send_signal(number)

    for number in FORWARDED:
        signal.signal(number, forward)


def _in_foreground() -> bool:
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False


def children() -> set[int]:
    """Process ids of our children, adopted ones included. Empty where there is no /proc."""
    return {pid for pid, parent in _processes() if parent == os.getpid()}


def _processes() -> Iterator[tuple[int, int]]:
    for entry in Path("/proc").glob("[0-9]*/stat"):
        # The program's name, in brackets, may itself contain brackets and blanks.
        with contextlib.suppress(OSError):
            fields = entry.read_text(errors="replace").rpartition(")")[2].split()
            yield int(entry.parent.name), int(fields[1])


def end_leftovers(keep: set[int]) -> None:
    """End what our children left behind: asked first, killed after a few seconds."""
    deadline = time.monotonic() + LEFTOVER_SECONDS
    asked: set[int] = set()
    while leftovers := _reap(children() - keep):
        late = time.monotonic() > deadline
        for pid in leftovers if late else leftovers - asked:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL if late else signal.SIGTERM)
        asked |= leftovers
        time.sleep(0.05)


def _reap(pids: set[int]) -> set[int]:
    """Take note of those that have ended, so that they vanish; the others."""
    alive = set()
    for pid in pids:
        with contextlib.suppress(ChildProcessError):
            if os.waitpid(pid, os.WNOHANG)[0] == 0:
                alive.add(pid)
    return alive
