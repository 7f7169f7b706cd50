"""At most one demo per checkout and user."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import IO

from demo.errors import DemoError


class Claim:
    """Held while the demo runs, and by whoever deletes its data; refused at once while held.

    The kernel takes it back when the process ends, however it ends: no stale lock file.
    """

    def __init__(self, state_dir: Path, url: str) -> None:
        self._path = state_dir / "demo.lock"
        self._url = url
        self._file: IO[str] | None = None

    def __enter__(self) -> None:
        file = open(self._path, "a+", opener=_private)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            where = file.read().strip()
            file.close()
            raise DemoError(
                f"The demo already runs at {where}: stop it there with Ctrl-C."
            ) from None
        file.truncate(0)
        file.write(self._url)
        file.flush()
        self._file = file

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
