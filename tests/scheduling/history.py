"""What slots there were, known from outside: by arithmetic of its own, on what was ordered when.

It shares no code with the product, whose cadences, versions and books it is there to check.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

MIDNIGHT = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Rhythm:
    """A slot every `period`: counted from midnight plus `offset`, or from when it was ordered."""

    period: timedelta
    offset: timedelta | None = None


@dataclass(frozen=True)
class Order:
    """What a schedule is told to be."""

    rhythm: Rhythm
    state: str = "active"
    policies: tuple = ()
    #: When a pause is to end, so that one whose end is moved is another.
    until: datetime | None = None


@dataclass(frozen=True)
class Phase:
    """An order with the time it held: after `since`, up to and including `until`."""

    order: Order
    anchor: datetime
    since: datetime
    until: datetime | None = None

    def until_now(self, now):
        """Return this phase as if nobody had lived beyond `now`; its interval has the same slots."""
        anchor, rhythm = self.anchor, self.order.rhythm
        if anchor > now:
            anchor = (
                now
                if rhythm.offset is not None
                else anchor + (now - anchor) // rhythm.period * rhythm.period
            )
        until = self.until and min(self.until, now)
        return replace(self, anchor=anchor, since=min(self.since, now), until=until)

    def slots(self, now):
        rhythm = self.order.rhythm
        origin = self.anchor if rhythm.offset is None else MIDNIGHT + rhythm.offset
        number = (self.since - origin) // rhythm.period + 1
        if rhythm.offset is None:
            number = max(number, 0)
        while (slot := origin + number * rhythm.period) <= (self.until or now):
            yield slot
            number += 1


class History:
    """The phases of some schedules. Commits follow each other, also where the clock does not."""

    def __init__(self):
        self.phases = defaultdict(list)

    def current(self, schedule):
        phases = self.phases[schedule]
        return phases[-1] if phases and phases[-1].until is None else None

    def commit(self, orders, now):
        """Take note of what all schedules are told to be; those that are not named are deleted."""
        for schedule in sorted(orders):
            current, order = self.current(schedule), orders[schedule]
            if current is None:
                self.phases[schedule].append(Phase(order, now, now))
            elif current.order != order:
                since = self.end(schedule, now)
                anchor = current.anchor if keeps_counting(current.order, order) else since
                self.phases[schedule].append(Phase(order, anchor, since))
        for schedule in set(self.phases) - set(orders):
            if self.current(schedule):
                self.end(schedule, now)

    def end(self, schedule, now):
        current = self.phases[schedule][-1]
        until = max(now, current.since)
        self.phases[schedule][-1] = replace(current, until=until)
        return until

    def go_back(self, now):
        """Take note that beat saw the clock set back: no order is of a time that is yet to come."""
        for phases in self.phases.values():
            phases[:] = [phase.until_now(now) for phase in phases]

    def slots(self, schedule, now):
        """Return the slots so far, each with the state of the schedule at its instant."""
        return {
            slot: phase.order.state for phase in self.phases[schedule] for slot in phase.slots(now)
        }


def keeps_counting(before, after):
    return before.state == after.state == "active" and before.rhythm == after.rhythm
