"""Waiting for Postgres at start, and saying so."""

import sys
import time

import structlog
from django.db import connection
from django.db.utils import InterfaceError, OperationalError

from tenants.postgresql.pooling import sessions_are_shared

logger = structlog.get_logger(__name__)

PAUSE_SECONDS = 1.0
SHARED = (
    "one session of Postgres serves several connections: a pooler that pools transactions or "
    "statements lets one tenant's role hold for another's. Connect directly, or pool sessions"
)


def wait_for_database() -> None:
    """Return as soon as Postgres accepts a connection; until then log the reason every second.

    End the process where sessions are not its own: no tenant would be walled off from another.
    """
    while not database_answers():
        time.sleep(PAUSE_SECONDS)


def database_answers() -> bool:
    try:
        connection.ensure_connection()
        if sessions_are_shared():
            logger.critical("pooler refused", reason=SHARED)
            sys.exit(1)
    except (OperationalError, InterfaceError) as error:
        logger.warning("waiting for Postgres", reason=str(error).strip())
        # Else the next attempt would ask the connection that is gone.
        connection.close()
        return False
    return True
