"""Migrating beside tenants at work: wait shortly for a lock, let everybody else go on, then again."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError, connection
from psycopg2.errors import DeadlockDetected, LockNotAvailable

from tenants.migrating.one import migrate_schema
from tenants.postgresql.logins import execute
from tenants.side_by_side import Unreachable

#: Whoever comes to a table for which a migration waits, waits behind it: so this long at most.
LOCK_TIMEOUT_SECONDS = 2.0
#: Pauses between attempts, in which the others go on: together about half a minute.
PAUSES_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)


def migrate_patiently(
    schema_name: str,
    *names: str,
    lock_timeout: float = LOCK_TIMEOUT_SECONDS,
    pauses: Sequence[float] = PAUSES_SECONDS,
    **options: Any,
) -> None:
    """Migrate one schema, again and again while somebody holds a lock that it needs.

    What it did stays done, so the next attempt goes on from there. Raises Unreachable when the
    database is gone, and whatever else keeps the schema from being migrated.
    """
    for pause in (*pauses, None):
        try:
            with waiting_at_most(lock_timeout):
                migrate_schema(schema_name, *names, **options)
        except (DatabaseError, InterfaceError) as error:
            if is_gone():
                raise Unreachable(reason_of(error)) from error
            if pause is None or not is_busy(error):
                raise
            time.sleep(pause)
        else:
            return


def attempt(schema_name: str, *, names: Sequence[str] = (), **options: Any) -> str:
    """Migrate one schema patiently; return "" or, in one line, why it could not be done."""
    try:
        migrate_patiently(schema_name, *names, **options)
    except Unreachable:
        raise
    except Exception as error:  # whatever a migration does, it is this schema's alone
        return reason_of(error)
    return ""


@contextmanager
def waiting_at_most(seconds: float) -> Iterator[None]:
    """Wait no longer for any lock, in this session, until the block ends."""
    execute(f"SET lock_timeout = '{seconds * 1000:.0f}ms'")
    try:
        yield
    finally:
        # Where that fails, the session or its transaction is over, and the setting with it.
        with suppress(DatabaseError, InterfaceError):
            execute("SET lock_timeout = DEFAULT")


def is_busy(error: Exception) -> bool:
    return isinstance(error, OperationalError) and isinstance(
        error.__cause__, (LockNotAvailable, DeadlockDetected)
    )


def is_gone() -> bool:
    """Whether the session is lost, and no other can be had."""
    if connection.connection is not None and connection.is_usable():
        return False
    connection.close()
    try:
        connection.ensure_connection()
    except (OperationalError, InterfaceError):
        return True
    return False


def reason_of(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())
