"""What some tenants have in flight: how many more firings they may have, and what overlaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple

from django.conf import settings

from scheduling.agenda.limits import in_flight_maxima
from scheduling.agenda.models import DueSlot, Firing

FLIGHT_COLUMNS = ("tenant", "periodic_task_id", "planned_at", "waits", "trigger", "verdict")
#: Tenant and periodic task.
Schedule = tuple[int, int]


class Flight(NamedTuple):
    """What planning wants to know of a firing in flight."""

    tenant_id: int
    periodic_task_id: int
    planned_at: datetime
    waits: bool
    #: Whether it is one of the cadence's own: neither a verdict nor by hand.
    counts_as_run: bool


class Flights:
    """The firings in flight of some tenants, and those that are added while planning.

    All count toward how many a tenant may have; only runs of its cadence can overlap with a slot.
    """

    def __init__(self, tenant_ids: Collection[int]) -> None:
        #: How many a tenant may have, where that is not the platform's default.
        self.maxima = in_flight_maxima(tenant_ids)
        self.number: Counter[int] = Counter()
        #: Per schedule, when the first of its runs in flight was planned.
        self.first_planned_at: dict[Schedule, datetime] = {}
        self.waiting: set[Schedule] = set()
        for flight in flights_of(tenant_ids):
            self.count(flight)

    def room(self, tenant_id: int) -> int:
        most = self.maxima.get(tenant_id, int(settings.FIRINGS_IN_FLIGHT_MAXIMUM))
        return max(0, most - self.number[tenant_id])

    def overlaps(self, slot: DueSlot, fires_at: datetime) -> bool:
        """Whether a run that was planned before the instant at which a slot fires is still going.

        What was planned later, as of slots that were caught up with, was not going then.
        """
        planned_at = self.first_planned_at.get((slot.tenant_id, slot.periodic_task_id))
        return planned_at is not None and planned_at < fires_at

    def has_waiting(self, slot: DueSlot) -> bool:
        return (slot.tenant_id, slot.periodic_task_id) in self.waiting

    def add(self, firing: Firing) -> None:
        self.count(flight_of(firing))

    def count(self, flight: Flight) -> None:
        self.number[flight.tenant_id] += 1
        if not flight.counts_as_run:
            return
        schedule = flight.tenant_id, flight.periodic_task_id
        earlier = self.first_planned_at.get(schedule, flight.planned_at)
        self.first_planned_at[schedule] = min(earlier, flight.planned_at)
        if flight.waits:
            self.waiting.add(schedule)


def flights_of(tenant_ids: Iterable[int]) -> Iterable[Flight]:
    in_flight = Firing.objects.in_flight_of(tenant_ids)
    return map(flight_of, in_flight.only(*FLIGHT_COLUMNS))


def flight_of(firing: Firing) -> Flight:
    return Flight(
        firing.tenant_id,
        firing.periodic_task_id,
        firing.planned_at,
        firing.waits,
        firing.trigger != "manual" and not firing.verdict,
    )
