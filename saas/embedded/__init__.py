"""PostgreSQL and Valkey without installing a server: for the demo, the tests and a first look.

They come as wheels and run as children of the process that asks for them, on 127.0.0.1, with
generated passwords. Nothing here knows Django. Production gives DATABASE_URL and CELERY_BROKER_URL.
"""

import atexit
import sys
import time
from pathlib import Path

from saas.embedded.errors import AlreadyRunning, ServiceError
from saas.embedded.services import Services
from saas.embedded.state import State, Urls, state_dir

__all__ = [
    "AlreadyRunning",
    "ServiceError",
    "Services",
    "borrow",
    "discard",
    "running",
    "state_dir",
]

NEIGHBOUR_SECONDS = 60.0


def running() -> dict[str, str] | None:
    """DATABASE_URL, SUPERUSER_DATABASE_URL and CELERY_BROKER_URL of the services that run on this
    checkout now, for this user; None when none do. It costs two file operations."""
    urls = State(state_dir()).announced()
    return urls.environment() if urls else None


def borrow() -> dict[str, str]:
    """The running services, as `running()`, or else ones started for the life of this process.

    Processes that start together share what the first of them starts, and lose it when it ends.
    """
    found = running()
    return found if found is not None else _start_or_share()


def _start_or_share() -> dict[str, str]:
    services = Services()
    try:
        urls = services.start().urls
    except AlreadyRunning:
        return _wait_for_neighbour().environment()
    atexit.register(services.stop)
    print("tenantbeat: started embedded services, until this process ends", file=sys.stderr)
    return urls.environment()


def _wait_for_neighbour() -> Urls:
    state = State(state_dir())
    deadline = time.monotonic() + NEIGHBOUR_SECONDS
    while time.monotonic() < deadline:
        if urls := state.announced():
            return urls
        time.sleep(0.1)
    raise ServiceError(f"another process holds {state.folder} and does not get its services ready")


def discard(folder: Path | None = None) -> None:
    """Delete a state directory (default: this checkout's) with its data. Not while it is used."""
    state = State(folder or state_dir())
    state.acquire()
    state.discard()
    state.release()
