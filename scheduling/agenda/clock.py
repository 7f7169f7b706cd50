"""The database's clock, the only one that decides."""

from datetime import datetime

from django.db import connection, models


class ClockTimestamp(models.Func):
    """The instant at which the statement reaches this row, whenever the transaction began."""

    template = "clock_timestamp()"
    output_field = models.DateTimeField()


def database_now() -> datetime:
    """Return the database's current instant, in UTC."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now
