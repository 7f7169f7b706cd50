"""A day of a synthetic fleet in virtual time, planned by the planner that beat uses.

`python -m bench.simulate [--cadences 1000000] [--per-second 10000]` prints peaks and lateness, with
and without spreading. No database is asked: due slots wait in a heap instead of a table.
"""

from __future__ import annotations

import argparse
import heapq
import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from bench import environment  # noqa: F401  # isort: skip  # before anything asks for settings
from bench.registry import Benchmark, Row
from scheduling.agenda.flights import Flights
from scheduling.agenda.models import DueSlot
from scheduling.agenda.taking import take
from scheduling.cadence import CrontabCadence

DAY = timedelta(days=1)
#: A Wednesday without a change of clocks.
BEGINNING = datetime(2026, 6, 3, tzinfo=UTC)
#: Slots that a beat claims at a time.
BATCH = 500
SPREADS = (0, 10, 60)  # minutes

#: Crontabs, and how many of a hundred cadences are such: most people take what is offered, midnight.
KINDS = {
    "0 0 * * *": 64,
    "0 {hour} * * *": 16,
    "0 {hour} * * 1-5": 10,
    "0 {hour} * * 1": 5,
    "0 * * * *": 4,
    "*/15 * * * *": 1,
}
#: Time zones, and how many of a hundred tenants are in them.
ZONES = {
    "America/Los_Angeles": 10,
    "America/New_York": 20,
    "America/Sao_Paulo": 6,
    "Europe/London": 14,
    "Europe/Berlin": 20,
    "Africa/Lagos": 4,
    "Asia/Kolkata": 10,
    "Asia/Shanghai": 6,
    "Asia/Tokyo": 6,
    "Australia/Sydney": 4,
}


class Waiting(NamedTuple):
    """A due slot in the heap: what its row in the table would say."""

    due_at: datetime
    number: int
    spread_seconds: int


@dataclass
class Fleet:
    """So many cadences, chosen by lot, each of one of a few hundred prototypes."""

    size: int
    spread_minutes: int
    prototypes: list[DueSlot] = field(default_factory=list)
    #: Per cadence, the number of its prototype.
    kinds: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        lot = random.Random(1)  # noqa: S311 - the same fleet each time
        known: dict[tuple[str, str], int] = {}
        for _ in range(self.size):
            (kind,) = lot.choices(list(KINDS), list(KINDS.values()))
            (zone,) = lot.choices(list(ZONES), list(ZONES.values()))
            chosen = kind.format(hour=lot.randrange(1, 24)), zone
            if chosen not in known:
                known[chosen] = len(self.prototypes)
                self.prototypes.append(self.prototype(*chosen))
            self.kinds.append(known[chosen])

    def prototype(self, crontab: str, zone: str) -> DueSlot:
        cadence = CrontabCadence(crontab, zone).to_json()
        chosen = {"spread_minutes": self.spread_minutes}
        return DueSlot(cadence=cadence, chosen=chosen, task="bench")

    def slot(self, waiting: Waiting) -> DueSlot:
        """Return the row of a cadence, good until the next one is asked for."""
        slot = self.prototypes[self.kinds[waiting.number]]
        slot.tenant_id = slot.periodic_task_id = waiting.number
        slot.due_at, slot.spread_seconds = waiting.due_at, waiting.spread_seconds
        return slot

    def first(self) -> Iterator[Waiting]:
        """Yield the first slot of each cadence."""
        for number in range(self.size):
            slot = self.slot(Waiting(BEGINNING, number, 0))
            slot.move_to(slot.following(BEGINNING - timedelta(seconds=1)))
            if slot.due_at:
                yield Waiting(slot.due_at, number, slot.spread_seconds)


@dataclass
class Day:
    """What came of it: how many fired in each second, and how late they were."""

    fired: int = 0
    verdicts: int = 0
    per_second: Counter[int] = field(default_factory=Counter)
    #: By lateness in tenths of a second.
    lateness: Counter[int] = field(default_factory=Counter)

    def percentile(self, share: float) -> float:
        """Return the lateness in seconds that so large a share of the firings had at most."""
        wanted, seen = share * self.fired, 0
        for tenths in sorted(self.lateness):
            seen += self.lateness[tenths]
            if seen >= wanted:
                break
        return tenths / 10

    def as_dict(self) -> dict[str, Any]:
        return {
            "fired": self.fired,
            "verdicts": self.verdicts,
            "due_in_the_fullest_second": max(self.per_second.values()),
            "median_seconds": self.percentile(0.5),
            "p99_seconds": self.percentile(0.99),
            "most_seconds": self.percentile(1),
        }


def live(fleet: Fleet, per_second: float) -> Day:
    """Let a beat that plans and publishes so many a second live through a day."""
    heap = list(fleet.first())
    heapq.heapify(heap)
    day, now = Day(), BEGINNING
    while heap and heap[0].due_at < BEGINNING + DAY:
        now = max(now, heap[0].due_at)
        batch = [heapq.heappop(heap) for _ in range(BATCH) if heap and heap[0].due_at <= now]
        flights, before = Flights(()), day.fired
        for waiting in batch:
            for again in plan(fleet.slot(waiting), waiting, now, flights, day):
                heapq.heappush(heap, again)
        now += timedelta(seconds=(day.fired - before) / per_second)
        for waiting in batch:
            day.lateness[int((now - waiting.due_at).total_seconds() * 10)] += 1
    return day


def plan(
    slot: DueSlot, waiting: Waiting, now: datetime, flights: Flights, day: Day
) -> Iterator[Waiting]:
    """Take one slot, note what it got, and yield the slot that comes next."""
    firings = take(slot, now, flights)
    day.verdicts += sum(bool(firing.verdict) for firing in firings)
    day.fired += sum(not firing.verdict for firing in firings)
    day.per_second[int((waiting.due_at - BEGINNING).total_seconds())] += 1
    if slot.due_at:
        yield Waiting(slot.due_at, waiting.number, slot.spread_seconds)


def measure(cadences: int = 100_000, per_second: float = 10_000) -> dict[str, Any]:
    """Return the day of each spread, by its minutes."""
    days = {minutes: live(Fleet(cadences, minutes), per_second) for minutes in SPREADS}
    return {str(minutes): day.as_dict() for minutes, day in days.items()}


def run(is_full: bool) -> list[Row]:
    days = measure(1_000_000 if is_full else 100_000)
    return [{"spread": int(minutes)} | day for minutes, day in days.items()]


BENCHMARK = Benchmark(
    name="simulate",
    title="A day of a fleet, in virtual time",
    measured=(
        "The planner over a synthetic fleet of which most are due at midnight, by a beat that publishes "
        "10,000 a second (1,000,000 cadences in `make bench-full`, 100,000 else)."
    ),
    run=run,
    columns={
        "spread": "spread, minutes",
        "fired": "slots fired",
        "due_in_the_fullest_second": "due in the fullest second",
        "median_seconds": "lateness, median, s",
        "p99_seconds": "p99",
        "most_seconds": "most",
    },
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cadences", type=int, default=1_000_000)
    parser.add_argument("--per-second", type=float, default=10_000, help="what a beat manages")
    arguments = parser.parse_args()
    print(json.dumps(measure(arguments.cadences, arguments.per_second), indent=2))


if __name__ == "__main__":
    main()
