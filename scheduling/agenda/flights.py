"""What some tenants have in flight: how many more firings they may have, and what overlaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime

from django.conf import settings
from django.db import connection

from scheduling.agenda.columns import array, source
from scheduling.agenda.limits import in_flight_maxima
from scheduling.agenda.moving import Moving
from scheduling.agenda.planned import Planned

#: Tenant and periodic task.
Schedule = tuple[int, int]
SCHEDULE = {"tenant_id": "bigint", "periodic_task_id": "bigint"}
#: A tenant may have many in flight, of which planning wants to know no more than how many, and the
#: runs of the schedules that it looks at.
IN_FLIGHT = """
    WITH flight AS MATERIALIZED (
        SELECT tenant_id, periodic_task_id, planned_at, waits, trigger, verdict FROM agenda_firing
        WHERE state IN ('planned', 'published', 'started') AND released IS DISTINCT FROM false
            AND tenant_id IN (SELECT unnest(%s::bigint[]))
    )
    SELECT tenant_id, NULL, count(*), NULL, false FROM flight GROUP BY tenant_id
    UNION ALL
    SELECT tenant_id, periodic_task_id, count(*), min(planned_at), bool_or(waits) FROM flight
"""
#: Neither verdicts nor what somebody started by hand.
COUNTED_AS_RUNS = """
    WHERE trigger <> 'manual' AND verdict = '' GROUP BY tenant_id, periodic_task_id
"""


class Flights:
    """The firings in flight of some tenants, and those that are added while planning.

    All count toward how many a tenant may have, but for those that are held for somebody to decide;
    only runs of its cadence can overlap with a slot.
    """

    def __init__(self, tenant_ids: Collection[int], slots: Sequence[Moving] | None = None) -> None:
        """What overlaps is known of the schedules of `slots` alone, or of all if none are given."""
        #: How many a tenant may have, where that is not the platform's default.
        self.maxima = in_flight_maxima(tenant_ids) if tenant_ids else {}
        self.most = int(settings.FIRINGS_IN_FLIGHT_MAXIMUM)
        self.number: Counter[int] = Counter()
        #: Per schedule, when the first of its runs in flight was planned.
        self.first_planned_at: dict[Schedule, datetime] = {}
        self.waiting: set[Schedule] = set()
        self.look_up(list(tenant_ids), slots)

    def look_up(self, tenant_ids: list[int], slots: Sequence[Moving] | None) -> None:
        if not tenant_ids:
            return
        only, given = "", [array(tenant_ids, "bigint")]
        if slots:
            schedules, their = source(slots, SCHEDULE)
            only, given = f"JOIN {schedules} USING (tenant_id, periodic_task_id)", given + their
        with connection.cursor() as cursor:
            cursor.execute(IN_FLIGHT + only + COUNTED_AS_RUNS, given)
            for tenant_id, periodic_task_id, number, planned_at, waits in cursor:
                if periodic_task_id is None:
                    self.number[tenant_id] = number
                else:
                    self.first_planned_at[tenant_id, periodic_task_id] = planned_at
                if waits:
                    self.waiting.add((tenant_id, periodic_task_id))

    def room(self, tenant_id: int) -> int:
        return max(0, self.maxima.get(tenant_id, self.most) - self.number[tenant_id])

    def overlaps(self, slot: Moving, fires_at: datetime) -> bool:
        """Whether a run that was planned before the instant at which a slot fires is still going.

        What was planned later, as of slots that were caught up with, was not going then.
        """
        planned_at = self.first_planned_at.get((slot.tenant_id, slot.periodic_task_id))
        return planned_at is not None and planned_at < fires_at

    def may_wait(self, slot: Moving) -> bool:
        """Whether a slot may wait for the run before it; of each schedule one does, the first to ask."""
        schedule = slot.tenant_id, slot.periodic_task_id
        if schedule in self.waiting:
            return False
        self.waiting.add(schedule)
        return True

    def add(self, firing: Planned) -> None:
        tenant_id = firing.tenant_id
        self.number[tenant_id] += 1
        if firing.trigger == "manual" or firing.verdict:
            return
        schedule, planned_at = (tenant_id, firing.periodic_task_id), firing.planned_at
        earlier = self.first_planned_at.get(schedule)
        if earlier is None or planned_at < earlier:
            self.first_planned_at[schedule] = planned_at
