"""What Postgres says of the ledger's partitions, and days that no clock of a test run reaches."""

from datetime import UTC, datetime, timedelta

from scheduling.agenda.locking import execute
from scheduling.agenda.models import Firing

LONG_AGO = datetime(2020, 3, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def places(**lookup):
    """Return the partition of each firing, in the order of their slots."""
    firings = Firing.objects.filter(**lookup).order_by("slot_at", "pk")
    return [
        execute("SELECT tableoid::regclass::text FROM agenda_firing WHERE id = %s", str(pk))[0][0]
        for pk in firings.values_list("pk", flat=True)
    ]


def exists(table):
    return execute("SELECT to_regclass(%s) IS NOT NULL", table) == [(True,)]


def settle_constraints():
    """Have Postgres do now what it leaves to the commit, which a test never reaches.

    A table cannot be altered while it has such work to do.
    """
    execute("SET CONSTRAINTS ALL IMMEDIATE")
