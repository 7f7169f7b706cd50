"""Changing the ledger's tables while beats and workers are at it: a short wait for a lock, then again."""

import time
from collections.abc import Callable
from typing import Any

import structlog
from django.db import OperationalError, connection, transaction
from psycopg2.errors import DeadlockDetected, LockNotAvailable

logger = structlog.get_logger(__name__)

#: Whoever comes to the ledger while we wait for it waits behind us, and so this long at most.
LOCK_TIMEOUT = "500ms"
#: Attempts and the pause between them, in which everybody else goes on: together half a minute.
ATTEMPTS = 20
PAUSE_SECONDS = 1.0


def between_others(change: Callable[[], object], attempts: int | None = None) -> bool:
    """Make a change of tables in one transaction as soon as its locks are to be had at once.

    Return whether it was made. When it was not, nothing is changed and the next night tries again.
    """
    for attempt in range(attempts or ATTEMPTS):
        if attempt:
            time.sleep(PAUSE_SECONDS)
        if is_made(change):
            return True
    logger.warning("the ledger was too busy for a change of its tables")
    return False


def is_made(change: Callable[[], object]) -> bool:
    try:
        with transaction.atomic():
            execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
            change()
    except OperationalError as error:
        if not isinstance(error.__cause__, (LockNotAvailable, DeadlockDetected)):
            raise
        return False
    return True


def execute(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return cursor.fetchall() if cursor.description else []
