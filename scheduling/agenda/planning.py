"""Taking due slots and writing their firings, in one transaction."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import connection, transaction

from scheduling.agenda.models import DueSlot, Firing
from scheduling.cadence import Cadence
from scheduling.plain import error_text

logger = structlog.get_logger(__name__)

#: A slot taken later than this was missed, and catch-up decides what it gets.
MISFIRE_AFTER = timedelta(seconds=60)
#: Catch-up reaches back this far: of the slots missed within it, the latest fires.
CATCH_UP_WINDOW = timedelta(days=1)
INSTANT = timedelta(microseconds=1)
#: A slot whose tenant has too many firings in flight is looked at again after this.
HELD_FOR = timedelta(seconds=5)

Claim = Callable[[datetime, int], Iterable[DueSlot]]


def plan_due(now: datetime, limit: int = 500) -> int:
    """Take up to `limit` due slots, write a firing for each, and move them on to their next instant.

    Return how many were looked at; 0 means that nothing is due that another beat is not already
    taking. A slot that cannot be computed is quarantined and holds up no other. A tenant with too
    many firings in flight has its slots left due; what is late by then, catch-up decides.
    """
    return plan(DueSlot.objects.claimable, now, limit)


def plan_held(now: datetime, limit: int = 500) -> int:
    """Look again at up to `limit` slots that were held back; return how many there were.

    Apart from what is newly due: a tenant whose slots wait by the thousand keeps no other waiting.
    """
    return plan(DueSlot.objects.released, now, limit)


def plan(claim: Claim, now: datetime, limit: int) -> int:
    with transaction.atomic():
        slots = list(claim(now, limit))
        allowed = Allowance({slot.tenant_id for slot in slots})
        firings = [firing for slot in slots if (firing := take_or_hold(slot, now, allowed))]
        # The same slot again (a clock set back, a restored backup) has the same id: already taken.
        Firing.objects.bulk_create(firings, ignore_conflicts=True)
        store(slots)
    return len(slots)


class Allowance:
    """How many more firings each of some tenants may have in flight. A run by hand counts too."""

    def __init__(self, tenant_ids: Iterable[int]) -> None:
        self.in_flight = Counter(Firing.objects.in_flight_of(tenant_ids))

    def has_room(self, tenant_id: int) -> bool:
        return self.in_flight[tenant_id] < settings.FIRINGS_IN_FLIGHT_MAXIMUM

    def use(self, tenant_id: int) -> None:
        self.in_flight[tenant_id] += 1


def take_or_hold(slot: DueSlot, now: datetime, allowed: Allowance) -> Firing | None:
    """Take a due slot, or leave it due for a while where its tenant has no room for a firing."""
    if not allowed.has_room(slot.tenant_id):
        slot.held_until = now + HELD_FOR
        return None
    slot.held_until = None
    firing = take(slot, now)
    if firing:
        allowed.use(slot.tenant_id)
    return firing


def take(slot: DueSlot, now: datetime) -> Firing | None:
    """Return the firing that a due slot gets, if any, and move the slot on."""
    try:
        slot_at = slot_to_fire(slot, now)
        slot.due_at = slot.following(slot_at or now)
    except Exception as error:  # a row that defeats the arithmetic must not stop the others
        logger.exception("slot cannot be computed", tenant=slot.tenant_id, slot=slot.pk)
        slot.due_at, slot.problem = None, f"cadence: {error_text(error)}"
        return None
    if slot_at is None and slot.one_off:
        slot.problem = "missed: its time passed more than a day before beat came to it; set it anew"
    return new_firing(slot, slot_at, now) if slot_at else None


def slot_to_fire(slot: DueSlot, now: datetime) -> datetime | None:
    """Return the instant to fire: the due one, or after an outage the latest one missed in the window."""
    assert slot.due_at is not None  # noqa: S101  # claimable() selects no others
    if now - slot.due_at <= MISFIRE_AFTER:
        return slot.due_at
    since = max(slot.due_at - INSTANT, now - CATCH_UP_WINDOW)
    return Cadence.from_json(slot.cadence or {}).latest_at(now, since)


def new_firing(slot: DueSlot, slot_at: datetime, now: datetime) -> Firing:
    return Firing(
        id=Firing.id_of(slot.tenant_id, slot.periodic_task_id, slot_at),
        tenant_id=slot.tenant_id,
        periodic_task_id=slot.periodic_task_id,
        task=slot.task,
        slot_at=slot_at,
        trigger="catch_up" if now - slot_at > MISFIRE_AFTER else "schedule",
        planned_at=now,
    )


def store(slots: Sequence[DueSlot]) -> None:
    """Write back what taking may change in one statement, however many slots there are."""
    if not slots:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE agenda_dueslot AS slot
            SET due_at = new.due_at, held_until = new.held_until, problem = new.problem
            FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::text[])
                AS new (id, due_at, held_until, problem)
            WHERE slot.id = new.id
            """,
            [
                [slot.pk for slot in slots],
                [slot.due_at for slot in slots],
                [slot.held_until for slot in slots],
                [slot.problem for slot in slots],
            ],
        )
