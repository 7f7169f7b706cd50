"""All processes of the demo together: started, watched, replaced when one ends, and stopped."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from demo.errors import DemoError
from demo.programs import Program
from saas.embedded.process import spawn, stop, tail

READY_SECONDS = 120.0
# Long enough for a worker to finish the run it is at.
STOP_SECONDS = 20.0
REPLACEMENT_PAUSE_SECONDS = 2.0


class Fleet:
    """Leaves no process behind when its block ends."""

    def __init__(self, logs: Path, environment: Mapping[str, str], folder: Path) -> None:
        self._logs = logs
        self._environment = environment
        self._folder = folder
        self._members: dict[str, tuple[Program, subprocess.Popen[bytes]]] = {}

    def start(self, programs: Sequence[Program]) -> None:
        for program in programs:
            self._log(program).write_bytes(b"")
            self._launch(program)

    def wait_until_ready(self) -> None:
        """Return when every process has shown that it is ready; one that ends first is an error."""
        deadline = time.monotonic() + READY_SECONDS
        waiting = [program for program, _ in self._members.values()]
        while waiting:
            waiting = [program for program in waiting if not program.is_ready()]
            for program in waiting:
                self._require_alive(program)
            if waiting and time.monotonic() > deadline:
                names = ", ".join(program.name for program in waiting)
                raise DemoError(f"Not ready after {READY_SECONDS:.0f} s: {names}. See {self._logs}")
            time.sleep(0.1)

    def replace_ended(self) -> None:
        """Start again what has ended, saying so: killing a beat is a fair experiment."""
        for program, child in list(self._members.values()):
            if child.poll() is not None:
                log = self._log(program)
                print(f"{program.name} ended; starting it again. Its log: {log}", flush=True)
                time.sleep(REPLACEMENT_PAUSE_SECONDS)
                self._launch(program)

    def stop(self) -> None:
        """Ask all at once, give them time together, then kill what is left of each group."""
        children = [child for _, child in self._members.values()]
        for child in children:
            if child.poll() is None:
                child.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for child in children:
            stop(child, (signal.SIGTERM, max(0.1, deadline - time.monotonic())))
            _kill_group(child.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _launch(self, program: Program) -> None:
        child = spawn(
            program.argv,
            log=self._log(program),
            death_signal=signal.SIGTERM,
            env=self._environment,
            folder=self._folder,
        )
        self._members[program.name] = (program, child)

    def _require_alive(self, program: Program) -> None:
        code = self._members[program.name][1].poll()
        if code is not None:
            log = self._log(program)
            raise DemoError(f"{program.name} ended with code {code}; {log} ends:\n{tail(log)}")

    def _log(self, program: Program) -> Path:
        return self._logs / f"{program.name}.log"


def _kill_group(leader: int) -> None:
    """Kill what a process left in the session that it led; usually there is nothing."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
