"""The supervisor's end of `demo.seeding`."""

import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from demo.errors import DemoError
from saas.embedded.process import dies_with_us, stop, tail

STOP_SECONDS = 5.0


class Preparation:
    """Makes the demo's data in a process of its own while the others start."""

    def __init__(self, logs: Path, environment: Mapping[str, str], folder: Path) -> None:
        self._log = logs / "seeding.log"
        self._environment = environment
        self._folder = folder

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "demo.seeding"],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                preexec_fn=dies_with_us(signal.SIGTERM),
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        stop(self._child, (signal.SIGTERM, STOP_SECONDS))
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                pipe.close()

    def wait_for(self, step: str) -> None:
        if self._hear() != step:
            raise DemoError(f"Not {step}. {self._log} ends:\n{tail(self._log)}")

    def schedules(self) -> list[dict[str, Any]]:
        """All tenants' schedules with their next slots as of now."""
        assert self._child.stdin is not None  # noqa: S101 - a pipe was asked for
        self._child.stdin.write(b"schedules\n")
        self._child.stdin.flush()
        try:
            rows: list[dict[str, Any]] = json.loads(self._hear())
        except ValueError:
            raise DemoError(f"No schedules. {self._log} ends:\n{tail(self._log)}") from None
        return rows

    def _hear(self) -> str:
        assert self._child.stdout is not None  # noqa: S101 - a pipe was asked for
        return self._child.stdout.readline().decode().strip()
