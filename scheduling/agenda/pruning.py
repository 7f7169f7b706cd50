"""Keeping the ledger short: a day is forgotten at once, by dropping its partition.

What keeps a slot from firing again once its firing is forgotten is its run, unique per slot in the
tenant's schema. What a tenant sees of its past are the runs.
"""

from datetime import date, datetime, timedelta
from functools import partial

import structlog
from django.conf import settings

from scheduling.agenda.locking import LOCK_TIMEOUT, between_others, execute
from scheduling.agenda.models import Firing
from scheduling.agenda.partitions import (
    DEFAULT,
    LEDGER,
    MOVED_MAXIMUM,
    bounds,
    oldest_kept,
    partition_of,
    partitioned_days,
)

logger = structlog.get_logger(__name__)


def prune_firings(now: datetime) -> None:
    """Forget what was settled longer ago than `FIRINGS_KEPT_DAYS`. A repeat finds nothing."""
    for day in partitioned_days():
        if day < oldest_kept(now) and not forget_day(day):
            break
    sweep_default(now)


def forget_day(day: date) -> bool:
    """Drop the partition of a day; what is not settled of it moves to the default one.

    One firing that waits for its broken tenant to be repaired would else keep a hundred million
    others. After an outage there may be too many to move: then the day stays for another night.
    Return whether it is gone.
    """
    start, end = bounds(day)
    unsettled = Firing.objects.in_flight().filter(slot_at__gte=start, slot_at__lt=end)
    if unsettled[: MOVED_MAXIMUM + 1].count() > MOVED_MAXIMUM:
        logger.error("a day of the ledger is far from settled", day=day.isoformat())
        return False
    return between_others(partial(drop, day))


def drop(day: date) -> None:
    """Drop a partition under a lock of the ledger that nobody passes, for some milliseconds.

    Detaching without such a lock is not to be had where there is a default partition. Postgres
    deletes the files after the locks are given up.
    """
    partition = partition_of(day)
    # Holds up nobody but an autovacuum of these, which makes way only after `deadlock_timeout`, a
    # second. The ledger must not be locked while that is waited for.
    execute("SET LOCAL lock_timeout = '3s'")
    execute(f"LOCK TABLE ONLY {partition}, ONLY {DEFAULT} IN SHARE UPDATE EXCLUSIVE MODE")
    execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
    execute(f"LOCK TABLE ONLY {LEDGER} IN ACCESS EXCLUSIVE MODE")
    execute(SET_ASIDE.format(partition=partition), list(Firing.IN_FLIGHT))
    execute(f"DROP TABLE {partition}")
    # The default partition takes a day's rows only when the day's own is gone.
    execute("INSERT INTO public.agenda_firing SELECT * FROM pg_temp.unsettled")
    execute("DROP TABLE pg_temp.unsettled")


SET_ASIDE = """
CREATE TEMPORARY TABLE unsettled AS SELECT * FROM {partition} WHERE state = ANY (%s)
"""


def sweep_default(now: datetime, batch: int = 10_000) -> int:
    """Delete, a batch per transaction, what was settled long ago in the default partition: a few rows."""
    days = partitioned_days()
    # Before the first partition Postgres looks into the default one and no other.
    limit = bounds(min([*days, oldest_kept(now)]))[0]
    settled_by = now - timedelta(days=settings.FIRINGS_KEPT_DAYS)
    old = Firing.objects.settled_before(settled_by).filter(slot_at__lt=limit).order_by("slot_at")
    swept = 0
    while ids := list(old.values_list("pk", flat=True)[:batch]):
        swept += Firing.objects.filter(pk__in=ids, slot_at__lt=limit).delete()[0]
    return swept
