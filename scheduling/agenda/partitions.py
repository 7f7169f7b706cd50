"""The ledger's partitions: one for each day of slots, in UTC, and a default one for what has none.

They stand in a schema that no login may enter. Postgres asks for rights on the table that a
statement names and on no other, so that all of them go through the ledger and its row security.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial

import structlog
from django.conf import settings

from scheduling.agenda.clock import database_now
from scheduling.agenda.locking import between_others, execute

logger = structlog.get_logger(__name__)

LEDGER = "public.agenda_firing"
SCHEMA = "ledger"
DEFAULT = f"{SCHEMA}.firing_default"
PREFIX = "firing_"
DAY = timedelta(days=1)
#: Days made ahead: as many nights may fail. Each more is one more index in most queries.
DAYS_AHEAD = 3
#: Firings that are moved from one partition to another while everybody waits: a second's work.
MOVED_MAXIMUM = 20_000


def make_partitions(now: datetime, attempts: int | None = None) -> None:
    """Make the partitions of the days that are kept, of today and of the next few. A repeat makes none.

    A day without one, because nobody came to make it, has its firings in the default partition:
    nothing is refused or lost. They move to the day's own when it is made.
    """
    for day in sorted(set(days_to_have(now)) - set(partitioned_days())):
        if not is_crowded(day) and not between_others(partial(make, day), attempts):
            return


def make_partitions_now() -> None:
    """Make them at the end of `migrate_schemas`, unless the ledger is busy: it must not wait there."""
    make_partitions(database_now(), attempts=1)


def days_to_have(now: datetime) -> Iterator[date]:
    first = oldest_kept(now)
    last = now.astimezone(UTC).date() + DAYS_AHEAD * DAY
    for number in range((last - first).days + 1):
        yield first + number * DAY


def oldest_kept(now: datetime) -> date:
    """Return the first day whose firings are kept: whole days, after the last of their slots."""
    return now.astimezone(UTC).date() - settings.FIRINGS_KEPT_DAYS * DAY


def partitioned_days() -> list[date]:
    names = [name.removeprefix(PREFIX) for (name,) in execute(NAMES_OF_PARTITIONS)]
    return sorted(date.fromisoformat(name) for name in names if name.isdecimal())


NAMES_OF_PARTITIONS = """
SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
WHERE inhparent = 'public.agenda_firing'::regclass
"""


def partition_of(day: date) -> str:
    return f"{SCHEMA}.{PREFIX}{day:%Y%m%d}"


def bounds(day: date) -> tuple[datetime, datetime]:
    """Return the first instant of a day and that of the next."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return start, start + DAY


def is_crowded(day: date) -> bool:
    """Whether the default partition holds more of this day than may be moved at once.

    Then they stay there and are deleted one by one, which holds up nobody.
    """
    ((number,),) = execute(COUNT, *bounds(day), MOVED_MAXIMUM + 1)
    if number > MOVED_MAXIMUM:
        logger.error("too many firings in the default partition", day=day.isoformat())
    return bool(number > MOVED_MAXIMUM)


COUNT = """
SELECT count(*) FROM (
    SELECT FROM ledger.firing_default WHERE slot_at >= %s AND slot_at < %s LIMIT %s
) AS counted
"""


def make(day: date) -> None:
    """Make the partition of one day with what the default one holds of it.

    Reading and writing the ledger goes on meanwhile, but for the default partition, which is
    locked against everybody: Postgres looks through it for rows of the new one. Others' queries
    name all partitions, so they wait; it is (all but) empty. Tenants cannot be changed meanwhile.
    """
    # Against another that makes the same one, and before the default one, as everybody does.
    execute(f"LOCK TABLE ONLY {LEDGER} IN SHARE UPDATE EXCLUSIVE MODE")
    if day in partitioned_days():
        return
    partition = partition_of(day)
    execute(f"CREATE TABLE {partition} (LIKE {LEDGER} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
    execute(f"LOCK TABLE ONLY {DEFAULT} IN ACCESS EXCLUSIVE MODE")
    execute(MOVE.format(partition=partition), *bounds(day))
    # Attaching, unlike CREATE TABLE ... PARTITION OF, does not lock the ledger against everybody.
    execute(
        f"ALTER TABLE {LEDGER} ATTACH PARTITION {partition} FOR VALUES FROM (%s) TO (%s)",
        *bounds(day),
    )


MOVE = """
WITH moved AS (
    DELETE FROM ledger.firing_default WHERE slot_at >= %s AND slot_at < %s RETURNING *
)
INSERT INTO {partition} SELECT * FROM moved
"""
