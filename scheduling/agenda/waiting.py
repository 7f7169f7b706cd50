"""Waiting for Postgres at start, and saying so."""

import time

import structlog
from django.db import connection
from django.db.utils import OperationalError

logger = structlog.get_logger(__name__)

PAUSE_SECONDS = 1.0


def wait_for_database() -> None:
    """Return as soon as Postgres accepts a connection; until then log the reason every second."""
    while not database_answers():
        time.sleep(PAUSE_SECONDS)


def database_answers() -> bool:
    try:
        connection.ensure_connection()
    except OperationalError as error:
        logger.warning("waiting for Postgres", reason=str(error).strip())
        return False
    return True
