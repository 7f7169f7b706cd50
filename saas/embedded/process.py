"""A server as our own child: it never outlives us, and it stops when asked, or else is killed."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from saas.embedded.account import Account

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
TAIL_LINES = 12
ROOT = Path("/")
# Nothing of ours: variables like PGDATA or PGOPTIONS of the caller must not reach the servers.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def dies_with_us(death_signal: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn` that has the kernel signal the child when our thread ends, however it ends.

    subprocess calls it after changing the user, which would have cleared it. The signal follows the
    thread that started the child, so start children from a thread that lives as long as they do.
    Elsewhere than on Linux it does nothing.
    """
    parent = os.getpid()

    def arm() -> None:
        if _libc is None:
            return
        _libc.prctl(PR_SET_PDEATHSIG, death_signal.value)
        if os.getppid() != parent:  # We died between fork and prctl.
            os._exit(1)

    return arm


def become_subreaper() -> None:
    """Adopt the orphans of our children, so that they can be found and ended (Linux only)."""
    if _libc is not None:
        _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def spawn(
    argv: Sequence[str | Path],
    *,
    log: Path,
    death_signal: signal.Signals,
    account: Account | None = None,
    env: Mapping[str, str] = ENVIRONMENT,
    folder: Path = ROOT,
    configuration: str | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, so that Ctrl-C in our terminal does not reach it.

    `configuration` is handed over on standard input: unlike arguments, no other user sees it.
    """
    feed = subprocess.PIPE if configuration is not None else subprocess.DEVNULL
    with open(log, "ab") as output:
        child = subprocess.Popen(  # noqa: S603 - programs of ours
            argv,
            cwd=folder,
            env=env,
            stdin=feed,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=dies_with_us(death_signal),
            **(account.popen if account else {}),
        )
    if child.stdin is not None and configuration is not None:
        # A program that has already died says why in its log; the caller looks there.
        with contextlib.suppress(BrokenPipeError), child.stdin:
            child.stdin.write(configuration.encode())
    return child


def stop(child: subprocess.Popen[bytes], *requests: tuple[signal.Signals, float]) -> None:
    """Send each signal in turn and give it that many seconds; kill what is left. Safe to repeat."""
    for request, seconds in (*requests, (signal.SIGKILL, 10.0)):
        if child.poll() is not None:
            return
        child.send_signal(request)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(seconds)


def free_port() -> int:
    """A TCP port of 127.0.0.1 that is free now; a server that finds it taken is started again."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def tail(log: Path) -> str:
    """The last lines of a log, for a message that says why a server did not start."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(lines[-TAIL_LINES:])
