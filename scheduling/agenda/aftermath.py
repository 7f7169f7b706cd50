"""What a schedule still owed when it was changed, paused or deleted, and what passed meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import structlog
from django.db import DatabaseError
from django.utils.functional import cached_property

from scheduling.agenda.flights import Flights
from scheduling.agenda.models import DueSlot, Firing, ScheduleVersion
from scheduling.agenda.planned import Planned
from scheduling.agenda.taking import INSTANT, stretch_of, take, verdict
from scheduling.cadence import Stretch
from scheduling.periodic import Unreadable
from tenants.models import Tenant
from wording.sentences import fixed
from wording.sentences import noop as _

logger = structlog.get_logger(__name__)

State = ScheduleVersion.State

PAUSED_TEXT = fixed(_("The schedule was paused."))
SUSPENDED_TEXT = fixed(_("The tenant was suspended."))
CANCELLED_TEXT = fixed(_("The schedule was deleted before anybody took it."))


class Aftermath:
    """Settles what the ended versions of one tenant's schedules leave behind.

    A slot belongs to the version that held at its instant. What an active version left is caught up
    with by the schedule's policy, if it is still active; else the slots share its fate.
    """

    def __init__(self, tenant: Tenant, now: datetime) -> None:
        self.tenant, self.now = tenant, now
        self.firings: list[Planned] = []
        self.processed: list[int] = []

    @cached_property
    def flights(self) -> Flights:
        return Flights([self.tenant.pk])

    def settle(
        self,
        slot: DueSlot | None,
        versions: Sequence[ScheduleVersion],
        current: ScheduleVersion | None,
    ) -> None:
        """Add the firings for all slots between the due one and what holds now."""
        ended = self.ended(versions, current)
        # While a pause goes on until a date, what follows it is current already.
        holding = next((one for one in versions if one.to_at and one not in ended), current)
        self.processed += [version.pk for version in ended]
        if slot and slot.due_at and (until := end_of(slot, ended, holding)):
            self.attempt(self.leave, slot, until, holding)
        for version in ended:
            if slot is None or version.pk != slot.version_id:
                self.attempt(self.pass_over, version, holding)

    def settle_pauses(self, versions: Sequence[ScheduleVersion], current: ScheduleVersion) -> None:
        """Add the firings of pauses that ended by themselves, since nothing else has changed."""
        for version in self.ended(versions, current):
            self.processed.append(version.pk)
            self.attempt(self.pass_over, version, current)

    def ended(
        self, versions: Sequence[ScheduleVersion], current: ScheduleVersion | None
    ) -> list[ScheduleVersion]:
        return [
            version
            for version in versions
            if version.to_at and not (version.to_at > self.now and version.is_to_end(current))
        ]

    def attempt(
        self, step: Callable[..., None], what: DueSlot | ScheduleVersion, *rest: Any
    ) -> None:
        """Take a step for one schedule; one that defeats it must not hold up the tenant's others."""
        try:
            step(what, *rest)
        except Unreadable:
            return  # it was set aside, and named no slots
        except DatabaseError:
            raise
        except Exception:
            logger.exception("slots cannot be settled", tenant=what.tenant_id, of=str(what))

    def leave(self, slot: DueSlot, until: datetime, current: ScheduleVersion | None) -> None:
        """Settle the slots from the due one to the end of what named them."""
        if current is not None and current.is_active:
            while slot.slot_at is not None and slot.slot_at <= min(until, self.now):
                self.firings += take(slot, self.now, self.flights, until)
        elif slot.slot_at is not None and slot.slot_at <= until and slot.cadence:
            passed = stretch_of(slot, slot.slot_at - INSTANT, until)
            self.note(slot, passed, *fate(current))

    def pass_over(self, version: ScheduleVersion, current: ScheduleVersion | None) -> None:
        """Settle the slots of a version that beat never had a due slot of."""
        reading = version.reading()
        slot = DueSlot(
            tenant_id=version.tenant_id,
            periodic_task_id=version.periodic_task_id,
            task=version.row["task"],
            queue=reading.entry.queue,
            cadence=reading.cadence.to_json(),
            chosen=version.row["policies"],
            one_off=reading.one_off,
        )
        slot.move_to(version.first_slot_at(reading))
        if version.is_active:
            self.leave(slot, until_of(version), current)
        else:
            since, until = version.from_at, until_of(version)
            passed = stretch_of(slot, since, until) if version.names_slots(reading) else None
            self.note(slot, passed or none_at_the_end_of(version), *fate(version))

    def note(self, slot: DueSlot, passed: Stretch | None, state: str, reason: str) -> None:
        if passed:
            self.firings.append(verdict(slot, passed, state, self.now, reason))


def end_of(
    slot: DueSlot, ended: Iterable[ScheduleVersion], holding: ScheduleVersion | None
) -> datetime | None:
    """Return until when a due slot's cadence held; None if it never did, and never will."""
    for version in ended:
        if version.pk == slot.version_id or slot.version_id is None:
            return until_of(version)
    # Else its version is gone: what was planned to follow a pause, and was unmade.
    return holding.from_at if holding and slot.version_id is None else None


def none_at_the_end_of(version: ScheduleVersion) -> Stretch | None:
    """Return a stretch of no slots, by which a worker hears that a pause ended by itself."""
    is_pause = version.is_planned and version.state == State.PAUSED
    return Stretch(until_of(version), until_of(version), 0) if is_pause else None


def until_of(version: ScheduleVersion) -> datetime:
    assert version.to_at is not None  # noqa: S101  # only of versions that ended
    return version.to_at


def fate(version: ScheduleVersion | None) -> tuple[str, str]:
    """Return the state of slots that pass under a version, or after a schedule is gone."""
    if version is None:
        return Firing.Verdict.CANCELLED, CANCELLED_TEXT
    if version.state == State.PAUSED:
        return Firing.Verdict.PAUSED, PAUSED_TEXT
    return Firing.Verdict.SUSPENDED, SUSPENDED_TEXT
