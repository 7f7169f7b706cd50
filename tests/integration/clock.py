"""A clock that can be set while processes go by it: Debian's libfaketime and a file that it reads."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from tests.integration.stack import Stack

LIBRARIES = Path("/usr/lib")
#: Of a faked process: a `time.sleep` that works there.
SHIM = Path(__file__).with_name("faketime")


def library() -> Path | None:
    """Return libfaketime, or None where it is not installed."""
    return next(LIBRARIES.glob("*/faketime/libfaketime.so.1"), None)


LEAVE_MEASURING = {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "PYTHONPATH": str(SHIM)}


class Clock:
    """So far ahead of the machine's clock, or behind it.

    What only measures time (CLOCK_MONOTONIC) is left alone, as the kernel does; else it jumps too,
    and threads that wait for others with a deadline wait for ever.
    """

    def __init__(self, ahead: timedelta = timedelta(0), *, measuring_too: bool = False) -> None:
        self.measuring_too = measuring_too
        self.folder = Path(tempfile.mkdtemp(prefix="clock-"))
        # The server under it runs as another user.
        self.folder.chmod(0o755)
        self.set(ahead)

    @property
    def file(self) -> Path:
        return self.folder / "ahead"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "LD_PRELOAD": str(library()),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
        } | ({} if self.measuring_too else LEAVE_MEASURING)

    def set(self, ahead: timedelta) -> None:
        """Have every process that goes by this clock read another time from now on."""
        self.ahead = ahead
        new = self.file.with_suffix(".new")
        new.write_text(f"{ahead.total_seconds():+f}")
        new.rename(self.file)

    def step(self, by: timedelta) -> None:
        self.set(self.ahead + by)

    def set_to(self, at: datetime) -> None:
        self.set(at - datetime.now(at.tzinfo))

    def remove(self) -> None:
        shutil.rmtree(self.folder)

    @contextmanager
    def rules(self, stack: Stack) -> Iterator[None]:
        """Have the processes that are started meanwhile go by this clock."""
        before = stack.environment
        stack.environment = before | self.environment
        yield
        stack.environment = before
