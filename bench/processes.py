"""Real workers and beats, as production runs them, while something is measured."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from django.conf import settings
from redis import Redis

STOP_SECONDS = 30
START_SECONDS = 60

Process = subprocess.Popen[bytes]


@contextmanager
def celery(app: str, *arguments: str, env: Mapping[str, str] | None = None) -> Iterator[Process]:
    """Have a process of Celery run, whose log nobody keeps."""
    command = [sys.executable, "-m", "celery", "-A", app, *arguments, "-l", "info"]
    process = subprocess.Popen(  # noqa: S603 - a program of ours
        command,
        env={**os.environ, **production(), **(env or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


def production() -> dict[str, str]:
    """Return what makes a process one of production: in debugging Django keeps every statement."""
    return {"DEBUG": "0", "SECRET_KEY": settings.SECRET_KEY, "LOG_LEVEL": "INFO"}


def broker() -> Redis:
    return Redis.from_url(settings.CELERY_BROKER_URL)


def children_of(process: Process) -> list[int]:
    """Return the processes in which a worker's tasks run."""
    with open(f"/proc/{process.pid}/task/{process.pid}/children") as children:
        return [int(child) for child in children.read().split()]


def cpu_seconds(pid: int) -> float:
    """Return the time that a process was on a core, with all its threads."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> float:
    """Return the most memory that a process has had, in megabytes."""
    with open(f"/proc/{pid}/status") as status:
        (line,) = (line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def wait_until(is_so: Callable[[], object], seconds: float = START_SECONDS) -> None:
    """Raises TimeoutError when it is not so in time."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} seconds")
        time.sleep(0.05)
