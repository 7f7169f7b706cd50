"""Real beats, as production runs them, while something is measured."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import psycopg2
from django.db import connection

from tenants.postgresql.logins import login_name
from tenants.postgresql.roles import installation_id

START_SECONDS, STOP_SECONDS = 60, 20


@contextmanager
def beats(count: int = 1) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Have so many beats run; they are at it when this begins, and have ended after it."""
    command = [sys.executable, "-m", "celery", "-A", "saas", "beat", "-l", "error"]
    processes = [subprocess.Popen(command) for _ in range(count)]  # noqa: S603 - a program of ours
    try:
        wait_until(lambda: idle_beats() == count, START_SECONDS)
        yield processes
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(STOP_SECONDS)


def idle_beats() -> int:
    """Return how many beats wait for something to do. As the superuser: others see no foreign logins."""
    with closing(psycopg2.connect(os.environ["SUPERUSER_DATABASE_URL"])) as session:
        with session.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
                " AND usename = %s AND state = 'idle' AND state_change > backend_start + '1 s'",
                [connection.settings_dict["NAME"], login_name(installation_id(), "beat")],
            )
            count: int = cursor.fetchone()[0]
    return count


def wait_until(is_so: Callable[[], bool], seconds: float) -> None:
    """Raises TimeoutError when it is not so in time."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} seconds")
        time.sleep(0.1)
