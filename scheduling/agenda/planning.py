"""Taking due slots and writing their firings, in one transaction."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from psycopg2.errors import UniqueViolation

from scheduling.agenda.claimed import Claimed, claimed
from scheduling.agenda.columns import source
from scheduling.agenda.due_slots import DueSlot, DueSlotQuerySet
from scheduling.agenda.flights import Flights
from scheduling.agenda.moving import Moving
from scheduling.agenda.planned import WRITTEN, Planned
from scheduling.agenda.stretches import leave_out_taken
from scheduling.agenda.taking import take

#: Slots that are taken in one transaction. Fewer cost more each: at 1,000 a burst takes a seventh longer.
#: More are not worth the longer wait.
BATCH = 2_500
#: A slot whose tenant has too many firings in flight is looked at again after this.
HELD_FOR = timedelta(seconds=5)
#: Of fewer firings than this, each is looked for first: a savepoint would cost more.
FEW, WHERE_FREE = 50, "ON CONFLICT DO NOTHING"

#: What taking may change of a slot, with Postgres' types.
STORED = {
    "id": "bigint",
    "due_at": "timestamptz",
    "spread_seconds": "int",
    "held_until": "timestamptz",
    "problem": "text",
}

Claim = Callable[[datetime, int], DueSlotQuerySet]


def plan_due(now: datetime, limit: int = BATCH) -> int:
    """Take up to `limit` due slots, write what each gets, and move them on to their next instant.

    Return how many were looked at; 0 means that nothing is due that another beat is not already
    taking. A tenant with too many firings in flight has its slots left due; what is late by then,
    catch-up decides.
    """
    return plan(DueSlot.objects.claimable, now, limit)


def plan_held(now: datetime, limit: int = BATCH) -> int:
    """Look again at up to `limit` slots that were held back; return how many there were.

    Apart from what is newly due: a tenant whose slots wait by the thousand keeps no other waiting.
    """
    return plan(DueSlot.objects.released, now, limit)


def plan(claim: Claim, now: datetime, limit: int) -> int:
    with transaction.atomic():
        slots = claimed(claim(now, limit))
        flights = Flights({slot.tenant_id for slot in slots}, slots)
        write(firing for slot in slots for firing in take_or_hold(slot, now, flights))
        store(slots)
    return len(slots)


def take_or_hold(slot: Claimed, now: datetime, flights: Flights) -> list[Planned]:
    """Take what is due of a slot's schedule, or leave it due for a while where there is no room.

    All that is due at this instant: what came within the last minute before it is on time now, and
    by the next look some of it might be late, so that an outage were caught up with twice.
    """
    firings: list[Planned] = []
    while slot.due_at is not None and slot.due_at <= now:
        if not flights.room(slot.tenant_id):
            slot.held_until = now + HELD_FOR
            return firings
        slot.held_until = None
        firings += take(slot, now, flights)
    return firings


def write(firings: Iterable[Planned]) -> None:
    """Store firings; a slot that has one (a clock set back, a restored backup) keeps that."""
    rows = leave_out_taken(firings)
    if len(rows) < FEW:
        insert(rows, WHERE_FREE)
        return
    try:
        # Nearly always none has one, and it costs a quarter more to have Postgres look first.
        with transaction.atomic():
            insert(rows)
    except IntegrityError as error:
        if not isinstance(error.__cause__, UniqueViolation):
            raise
        insert(rows, WHERE_FREE)


def insert(rows: Sequence[Planned], where_taken: str = "") -> None:
    if not rows:
        return
    new, given = source(rows, WRITTEN)
    columns = ", ".join(WRITTEN)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO agenda_firing ({columns}) SELECT {columns} FROM {new} {where_taken}",  # noqa: S608 - names of ours
            given,
        )


def store(slots: Sequence[Moving]) -> None:
    """Write back what taking may change in one statement, however many slots there are."""
    if not slots:
        return
    new, given = source(slots, STORED)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE agenda_dueslot AS slot
            SET due_at = new.due_at, spread_seconds = new.spread_seconds,
                held_until = new.held_until, problem = new.problem
            FROM {new} WHERE slot.id = new.id
            """,  # noqa: S608 - names of ours
            given,
        )
