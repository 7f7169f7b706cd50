"""Whether somebody between us and Postgres hands out its sessions by turns, which our walls cannot stand."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection

LOOKS = 5


def sessions_are_shared() -> bool:
    """Whether one session of Postgres serves two connections of ours that are open at once.

    So does a pooler that pools transactions or statements. The role and the search path that were
    set for one tenant's request would hold for somebody else's.
    """
    own, other = connection, connection.copy()
    try:
        # By turns, for a pooler may happen to have two sessions at hand.
        pairs = [(served_by(own), served_by(other)) for _ in range(LOOKS)]
    finally:
        other.close()
    first, second = map(set, zip(*pairs, strict=True))
    return len(first) > 1 or len(second) > 1 or first == second


def served_by(session: Any) -> tuple[int, datetime]:
    """Return which process of Postgres answers; with its start, for two servers may number alike."""
    # Asked of Postgres, for a pooler gives each connection a number of its own.
    with session.cursor() as cursor:
        cursor.execute(
            "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"
        )
        number, since = cursor.fetchone()
    return number, since
