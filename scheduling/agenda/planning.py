"""Taking due slots and writing their firings, in one transaction."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction

from scheduling.agenda.flights import Flights
from scheduling.agenda.models import DueSlot, Firing
from scheduling.agenda.stretches import leave_out_taken
from scheduling.agenda.taking import take

#: A slot whose tenant has too many firings in flight is looked at again after this.
HELD_FOR = timedelta(seconds=5)

Claim = Callable[[datetime, int], Iterable[DueSlot]]


def plan_due(now: datetime, limit: int = 500) -> int:
    """Take up to `limit` due slots, write what each gets, and move them on to their next instant.

    Return how many were looked at; 0 means that nothing is due that another beat is not already
    taking. A tenant with too many firings in flight has its slots left due; what is late by then,
    catch-up decides.
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
        flights = Flights({slot.tenant_id for slot in slots})
        write(firing for slot in slots for firing in take_or_hold(slot, now, flights))
        store(slots)
    return len(slots)


def take_or_hold(slot: DueSlot, now: datetime, flights: Flights) -> list[Firing]:
    """Take a due slot, or leave it due for a while where its tenant has no room for a firing."""
    if not flights.room(slot.tenant_id):
        slot.held_until = now + HELD_FOR
        return []
    slot.held_until = None
    return take(slot, now, flights)


def write(firings: Iterable[Firing]) -> None:
    """Store firings; a slot that has one (a clock set back, a restored backup) keeps that."""
    Firing.objects.bulk_create(leave_out_taken(firings), ignore_conflicts=True)


def store(slots: Sequence[DueSlot]) -> None:
    """Write back what taking may change in one statement, however many slots there are."""
    if not slots:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE agenda_dueslot AS slot
            SET due_at = new.due_at, spread_seconds = new.spread_seconds,
                held_until = new.held_until, problem = new.problem
            FROM unnest(%s::bigint[], %s::timestamptz[], %s::int[], %s::timestamptz[], %s::text[])
                AS new (id, due_at, spread_seconds, held_until, problem)
            WHERE slot.id = new.id
            """,
            [
                [slot.pk for slot in slots],
                [slot.due_at for slot in slots],
                [slot.spread_seconds for slot in slots],
                [slot.held_until for slot in slots],
                [slot.problem for slot in slots],
            ],
        )
