"""How crowded the minutes of an hour are, over all tenants: a round number and nobody's rows."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django_tenants.utils import schema_context

from tenants.schema import PUBLIC

#: The most that a minute is counted.
CROWD_MAXIMUM = 1000


def crowd_in_hour(at: datetime) -> dict[int, int]:
    """Return how many schedules fire next in each minute of the hour, in UTC, that `at` is in.

    Fewer than ten are none.
    """
    hour = at.replace(minute=0, second=0, microsecond=0)
    # A tenant's role may not ask; a web process may, before it takes one on.
    with schema_context(PUBLIC), connection.cursor() as cursor:
        cursor.execute("SELECT minute, schedules FROM agenda_crowd(%s)", [hour])
        return dict(cursor.fetchall())
