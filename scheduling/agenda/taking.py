"""What a due slot gets, by its schedule's policies: firings, verdicts, or both."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from scheduling.agenda.firings import Firing, slot_id
from scheduling.agenda.flights import Flights
from scheduling.agenda.moving import Moving
from scheduling.agenda.planned import Planned
from scheduling.cadence import Cadence, Stretch
from scheduling.catalogue import PLATFORM_QUEUE
from scheduling.plain import error_text
from scheduling.policies import CatchUp, Overlap
from scheduling.problems import MISSED_LONG_AGO
from wording.sentences import fixed
from wording.sentences import noop as _

logger = structlog.get_logger(__name__)

#: A slot taken later than this was missed, and catch-up decides what it gets.
MISFIRE_AFTER = timedelta(seconds=60)
#: Of the slots that were missed, the policy "all" fires no more than this, the latest ones.
CAUGHT_UP_MAXIMUM = 100
INSTANT = timedelta(microseconds=1)

MISSED_TEXT = fixed(_("Nobody was there to take it in time."))
SKIPPED_TEXT = fixed(_("An earlier run was still going."))


def take(
    slot: Moving, now: datetime, flights: Flights, until: datetime | None = None
) -> list[Planned]:
    """Return what a due slot gets, and move it on to its next instant.

    Slots after `until` are not this schedule's any more. Of many missed ones no more are taken than
    their tenant has room for; the slot is then still due. One that defeats the arithmetic is put in
    quarantine, so that it holds up no other.
    """
    try:
        firings = Taking(slot, now, flights, min(until or now, now)).firings()
    except Exception as error:
        logger.exception("slot cannot be computed", tenant=slot.tenant_id, slot=slot.pk)
        slot.due_at, slot.spread_seconds = None, 0
        slot.problem = f"cadence: {error_text(error)}"
        return []
    for firing in firings:
        flights.add(firing)
    return firings


@dataclass
class Taking:
    """One slot at one instant, with what its tenant has in flight."""

    slot: Moving
    now: datetime
    flights: Flights
    until: datetime

    def firings(self) -> list[Planned]:
        due_at, slot_at = self.slot.due_at, self.slot.slot_at
        assert due_at is not None  # noqa: S101  # nobody claims others
        assert slot_at is not None  # noqa: S101
        if self.now - due_at > MISFIRE_AFTER:
            return self.missed(slot_at)
        self.slot.move_to(self.slot.following(slot_at))
        return [self.fired(slot_at, "schedule")]

    def missed(self, first_at: datetime) -> list[Planned]:
        """Settle all that was missed: some slots fire after all, those before them do not."""
        since = first_at - INSTANT
        last = min(self.fired_until(self.now - MISFIRE_AFTER - INSTANT), self.until)
        caught = self.caught(since, last)
        # The rest is for the next look: the tenant has no room for more.
        taken = caught[: max(1, self.flights.room(self.slot.tenant_id))]
        passed = stretch_of(self.slot, since, (taken[0] - INSTANT) if taken else last)
        left = caught[len(taken) :]
        self.slot.move_to(left[0] if left else self.slot.following(last))
        if passed and not taken and self.slot.one_off:
            self.slot.problem = f"missed: {MISSED_LONG_AGO}"
        verdicts = [verdict(self.slot, passed, Firing.Verdict.MISSED, self.now)] if passed else []
        return [*verdicts, *(self.fired(slot_at, "catch_up") for slot_at in taken)]

    def caught(self, since: datetime, last: datetime) -> list[datetime]:
        """Return the missed slots that catch-up lets fire, oldest first."""
        policies = self.slot.policies
        if policies.catch_up == CatchUp.SKIP:
            return []
        limit = 1 if policies.catch_up == CatchUp.ONCE else CAUGHT_UP_MAXIMUM
        since = max(since, self.fired_until(self.now - policies.reach))
        if self.slot.one_off:
            # It has this one slot, whatever its cadence would name after it.
            return [slot_at for slot_at in [self.slot.slot_at] if slot_at and slot_at > since]
        return cadence_of(self.slot).latest(last, since, limit)

    def fired_until(self, instant: datetime) -> datetime:
        """Return up to where slots should have fired by an instant: with a spread, some had time yet."""
        if not self.slot.spread.width:
            return instant
        if not self.slot.one_off:
            return self.slot.spread.fired_until(instant, cadence_of(self.slot))
        return instant - timedelta(seconds=self.slot.spread_seconds)

    def fired(self, slot_at: datetime, trigger: str) -> Planned:
        """Return the firing of one slot; where it overlaps, that waits or is a verdict.

        One that an edit leaves behind before it is due is planned for when it is.
        """
        fires_at = self.slot.fires_at(slot_at)
        firing = new_firing(self.slot, slot_at, max(self.now, fires_at), trigger=trigger)
        if not self.flights.overlaps(self.slot, fires_at):
            return firing
        overlap = self.slot.policies.overlap
        if overlap == Overlap.ALLOW:
            return firing
        firing.waits = overlap == Overlap.WAIT and self.flights.may_wait(self.slot)
        if firing.waits:
            return firing
        once = Stretch(slot_at, slot_at, 1)
        return verdict(self.slot, once, Firing.Verdict.SKIPPED, self.now, SKIPPED_TEXT)


def cadence_of(slot: Moving) -> Cadence:
    return Cadence.from_json(json.loads(slot.cadence_text or "{}"))


def stretch_of(slot: Moving, after: datetime, until: datetime) -> Stretch | None:
    """Return the slots with `after` < slot <= `until` that are still to be taken; a one-off has one."""
    if not slot.one_off:
        return cadence_of(slot).stretch(after, until)
    only = slot.slot_at
    return Stretch(only, only, 1) if only and after < only <= until else None


def verdict(slot: Moving, passed: Stretch, state: str, now: datetime, reason: str = "") -> Planned:
    """Return what has a worker write down that a stretch of slots was never taken."""
    firing = new_firing(slot, passed.first_at, now, verdict=state, error=reason or MISSED_TEXT)
    firing.last_slot_at, firing.slots = passed.last_at, passed.count
    if firing.queue == PLATFORM_QUEUE:
        # The platform has no runs of its own to write it down in.
        firing.state, firing.outcome, firing.settled_at = Firing.State.SETTLED, state, now
    return firing


def new_firing(slot: Moving, slot_at: datetime, now: datetime, **fields: Any) -> Planned:
    tenant_id, periodic_task_id = slot.tenant_id, slot.periodic_task_id
    return Planned(
        slot_id(tenant_id, periodic_task_id, slot_at),
        tenant_id,
        periodic_task_id,
        slot.task,
        slot.queue,
        slot_at,
        now,
        now,
        **fields,
    )
