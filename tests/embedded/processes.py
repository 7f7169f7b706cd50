"""What runs on this machine, from /proc, for tests that say that nothing was left."""

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path


def processes_with(text: str) -> set[int]:
    """Process ids, ours apart, whose command line or environment names the text."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            content = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            if text.encode() in content and int(entry.name) != os.getpid():
                found.add(int(entry.name))
    return found


def wait_until(condition: Callable[[], object], seconds: float = 20.0) -> bool:
    """True as soon as the condition holds, false when it does not within the time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
