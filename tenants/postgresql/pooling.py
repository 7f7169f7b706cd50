"""Whether somebody between us and Postgres hands out its sessions by turns, which our walls cannot stand."""

from __future__ import annotations

from typing import Any

from django.db import connection


def sessions_are_shared() -> bool:
    """Whether one session of Postgres serves two connections of ours that are open at once.

    So does a pooler that pools transactions or statements. The role and the search path that were
    set for one tenant's request would hold for somebody else's.
    """
    other = connection.copy()
    try:
        return server_process(connection) == server_process(other)
    finally:
        other.close()


def server_process(session: Any) -> int:
    # Asked of Postgres, for a pooler gives each connection a number of its own.
    with session.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        number: int = cursor.fetchone()[0]
    return number
