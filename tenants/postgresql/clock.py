"""The database's clock: the only one that decides, since hosts differ and all ask the same database."""

from datetime import datetime

from django.db import connection


def database_now() -> datetime:
    """Return the database's current instant, in UTC."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now
