"""Going on when the database's clock was set back: what lies too far ahead of it is brought back.

A step forward needs none of this: it is an outage, and catch-up decides. Slots that fired while the
clock was ahead do not fire again, for their firings and runs are there.
"""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache

import structlog
from django.db import connection, models, transaction

from scheduling.agenda.clock import NewestInstant, database_now
from scheduling.agenda.ledger import LEASE
from scheduling.agenda.models import DueSlot, Firing, ScheduleVersion, TenantIndex
from scheduling.agenda.planning import store
from scheduling.agenda.replacing import refresh, save
from scheduling.agenda.stretches import cut_stretches
from scheduling.cadence import Cadence

logger = structlog.get_logger(__name__)

#: Less is no step: clocks are corrected by a little, and nothing is late for it by more.
TOLERANCE = timedelta(seconds=2)
#: Slots that are read and written at a time.
BATCH = 5_000
#: Of a firing: none lies ahead of the clock but by a pause between two tries, which is cut short.
INSTANTS = ("planned_at", "publish_at", "published_at")


def follow_clock(read_clock: Callable[[], datetime] = database_now) -> bool:
    """Note how far the database's clock has come; where it was set back, go on from where it is.

    Return whether it was. Any beat may, at any time: one of them does it, in one transaction, and
    the next time nothing is left to do.
    """
    with transaction.atomic():
        newest = NewestInstant.claim()
        if newest is None:
            return False
        # Under the lock, for an instant that was read before may be old by now.
        now = read_clock()
        is_back = now < newest.at - TOLERANCE
        if is_back:
            logger.error("the database's clock was set back", by=str(newest.at - now))
            go_on_from_now()
        if is_back or now > newest.at:
            NewestInstant.objects.update(at=now)
    return is_back


def go_on_from_now() -> None:
    """Bring back all that lies further ahead than it can. A repeat finds nothing.

    In the order in which others lock: schemas, then slots, then firings.
    """
    now = forget_future()
    TenantIndex.objects.filter(halted_until__gt=now).update(halted_until=now)
    count = plan_changed_again(now) + plan_again(now)
    bring_back_firings(now)
    logger.warning("slots planned again", count=count, stretches=cut_stretches(now))


def forget_future() -> datetime:
    """Have schedules' history end now, and return that instant; see `agenda_forget_future`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.agenda_forget_future()")
        now: datetime = cursor.fetchone()[0]
    return now


def plan_changed_again(now: datetime) -> int:
    """Plan the slots of schedules again that were changed while the clock was ahead; return how many."""
    is_moved = models.Q(from_at=now) | models.Q(is_planned=True, from_at__gt=now)
    moved = ScheduleVersion.objects.current().filter(is_moved).select_related("tenant")
    versions = {version.pk: version for version in moved}
    slots = list(slots_ahead(now).filter(version_id__in=versions))
    for slot in slots:
        refresh(slot, versions[slot.version_id or 0], now)
    save(slots)
    return len(slots)


def plan_again(now: datetime, batch: int = BATCH) -> int:
    """Plan slots again that lie further ahead than the next one of their cadence; return how many.

    Cadences are many fewer than slots, so each is asked once: 100,000 slots take some seconds.
    """
    DueSlot.objects.filter(held_until__gt=now).update(held_until=now)
    count = 0
    next_slot = lru_cache(maxsize=None)(lambda cadence: next_after(cadence, now))
    for slots in in_batches(now, batch):
        early = []
        for slot in slots:
            first = next_slot(json.dumps(slot.cadence))
            if first and slot.slot_at and first < slot.slot_at:
                slot.move_to(first)
                early.append(slot)
        store(early)
        count += len(early)
    return count


def next_after(cadence: str, now: datetime) -> datetime | None:
    """Return the next slot of a cadence that is kept as JSON; None where there is none to be found."""
    try:
        return Cadence.from_json(json.loads(cadence)).next_after(now)
    except Exception:  # it is set aside by whoever takes its slot
        logger.exception("cadence cannot be computed", cadence=cadence)
        return None


def in_batches(now: datetime, batch: int) -> Iterator[list[DueSlot]]:
    """Yield the slots that lie ahead, locked; each once, whatever becomes of it meanwhile."""
    last = 0
    # The first slot after a pause lies where it should.
    ahead = slots_ahead(now).filter(pause_ends_at=None)
    while slots := list(ahead.filter(pk__gt=last)[:batch]):
        last = slots[-1].pk
        yield slots


def slots_ahead(now: datetime) -> models.QuerySet[DueSlot]:
    return DueSlot.objects.filter(due_at__gt=now).order_by("pk").select_for_update()


def bring_back_firings(now: datetime) -> None:
    """Have firings under way wait no longer than they would have had to.

    A worker that lives keeps its lease; one that died while the clock was ahead loses it in time.
    """
    for column in INSTANTS:
        Firing.objects.in_flight().filter(**{f"{column}__gt": now}).update(**{column: now})
    longest = now + LEASE
    Firing.objects.in_flight().filter(leased_until__gt=longest).update(leased_until=longest)
