"""One experiment from the first tenant to the closed books."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2

from tests.chaos import faults, schedules, tenants, witness
from tests.chaos.plan import Strike, draw
from tests.chaos.postman import Postman
from tests.chaos.product import Product
from tests.chaos.records import Books, Schedule, Span
from tests.chaos.servers import own_servers

#: Between two looks at the processes, in seconds.
WATCH_SECONDS = 0.1
#: How many orders of which sort are given, to how many tenants (0: all), and every how many seconds.
#: The many are closed in several steps.
FEEDS = {"plain": (1, 0, 2.0), "many": (1500, 1, 20.0)}
#: Given to a third of the tenants before a fault of a worker, so that it is in the midst of runs.
SLOW_ORDERS, SLOW_TENANTS = 40, 1 / 3
#: For writing the schedules, and for beat to read them, before the first slot: in all and for each tenant.
LEAD_SECONDS, LEAD_SECONDS_EACH = 6.0, 0.3
#: Beyond the quiet time, until no slot is late, so that what is under way is not cut off by the closing.
PATIENCE_SECONDS = 180.0
LATE = timedelta(seconds=5)
#: After the books are closed, until what is under way must have come to an end.
SETTLE_SECONDS = 180.0
IN_FLIGHT = """
SELECT to_jsonb(agenda_firing) FROM agenda_firing JOIN tenants_tenant ON tenants_tenant.id = tenant_id
WHERE agenda_firing.state <> 'settled' AND schema_name <> 'public' AND slot_at < %s
"""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Size:
    """How large an experiment is; `seconds` are those in which faults strike."""

    tenants: int
    beats: int
    workers: int
    #: The intervals, in seconds, that the tenants' schedules have.
    intervals: range
    seconds: float
    quiet_seconds: float

    @classmethod
    def of(cls, minutes: float) -> Size:
        if minutes >= 10:
            return cls(50, 3, 3, range(5, 16), minutes * 60 - 60, 60)
        return cls(9, 2, 2, range(3, 8), minutes * 60 - 15, 15)

    def processes(self) -> dict[str, list[str]]:
        counts = {"beat": self.beats, "worker": self.workers}
        return {sort: [f"{sort}-{n + 1}" for n in range(count)] for sort, count in counts.items()}


@dataclass
class Experiment:
    world: faults.World
    size: Size
    plan: list[Strike]
    say: Say = print
    schedules: list[Schedule] = field(default_factory=list)
    schemas: list[str] = field(default_factory=list)
    closings: dict[str, Span] = field(default_factory=dict)
    begun: dict[Strike, datetime] = field(default_factory=dict)
    #: When each strike began and ended, in the order of their ends.
    struck: list[tuple[Strike, Span]] = field(default_factory=list)
    #: When orders of each sort were given last.
    fed: dict[str, float] = field(default_factory=dict)
    #: Processes that ended though nobody killed them.
    ended: list[str] = field(default_factory=list)
    #: The product's own account of its slots.
    accounting: dict[str, Any] = field(default_factory=dict)
    #: Firings that were not settled when our patience ended.
    left_in_flight: list[dict[str, Any]] = field(default_factory=list)

    @property
    def product(self) -> Product:
        return self.world.product

    def run(self) -> None:
        self.prepare()
        self.storm()
        self.rest()
        self.close()

    # Steps -----------------------------------------------------------------------------------
    def prepare(self) -> None:
        self.product.create_database()
        self.schemas = tenants.make_tenants(self.product, self.size.tenants)
        witness.set_up(self.product, self.schemas)
        self.product.revive([*self.product.beats, *self.product.workers])
        self.product.wait_until_ready()
        lead = timedelta(seconds=LEAD_SECONDS + LEAD_SECONDS_EACH * self.size.tenants)
        starts_at = (datetime.now(UTC) + lead).replace(microsecond=0)
        wanted = schedules.plan_schedules(self.schemas, self.size.intervals, starts_at)
        self.schedules = schedules.write_schedules(self.product, wanted)
        self.say(f"{len(self.schemas)} tenants; first slot at {starts_at}")
        if (left := (starts_at - datetime.now(UTC)).total_seconds()) <= 0:
            raise TimeoutError("the machine is too slow: the schedules were not written in time")
        time.sleep(left)

    def storm(self) -> None:
        """Let each strike of the plan begin and end in its time."""
        began = time.monotonic()
        for at, what, strike in events(self.plan, bait_seconds=min(self.size.intervals)):
            self.watch_until(began + at)
            {"bait": self.bait, "begin": self.begin, "end": self.end}[what](strike)

    def bait(self, _: Strike) -> None:
        fed = self.world.dice.sample(self.schemas, round(len(self.schemas) * SLOW_TENANTS))
        self.give(fed, SLOW_ORDERS, "slow")

    def begin(self, strike: Strike) -> None:
        self.say(str(strike))
        self.begun[strike] = datetime.now(UTC)
        faults.begin(self.world, strike)

    def end(self, strike: Strike) -> None:
        faults.end(self.world, strike)
        self.struck.append((strike, Span(self.begun[strike], datetime.now(UTC))))

    def rest(self) -> None:
        """Wait without faults. Orders come no more before the end, so that all can be closed."""
        longest = max(self.size.intervals)
        self.watch_until(time.monotonic() + self.size.quiet_seconds - longest)
        self.watch_until(time.monotonic() + longest, is_feeding=False)
        self.watch_while(lambda: self.under_way(datetime.now(UTC) - LATE), PATIENCE_SECONDS)

    def close(self) -> None:
        """Disable every schedule, and wait until what was taken has come to an end."""
        disabling = schedules.Disabling(self.product, self.schedules)
        while disabling.disable_calm(datetime.now(UTC)):
            time.sleep(WATCH_SECONDS)
        self.closings = disabling.closings
        self.say(f"books closed at {datetime.now(UTC)}")
        for_ever = datetime.max.replace(tzinfo=UTC)
        self.left_in_flight = self.watch_while(lambda: self.under_way(for_ever), SETTLE_SECONDS)
        self.accounting = json.loads(
            self.product.manage("account_slots", "--json", check=False).stdout
        )

    def under_way(self, before: datetime) -> list[dict[str, Any]]:
        """Firings that are not settled, of slots before an instant."""
        return [row for (row,) in self.product.witness(IN_FLIGHT, before)]

    def books(self) -> Books:
        return witness.read_books(self.product, self.schedules, self.closings)

    # Meanwhile -------------------------------------------------------------------------------
    def watch_while(self, condition: Callable[[], Any], seconds: float) -> Any:
        """Wait until a condition holds no more, but no longer than so; return what it says then."""
        deadline = time.monotonic() + seconds
        while (left := condition()) and time.monotonic() < deadline:
            self.watch_until(time.monotonic() + 1, is_feeding=False)
        return left

    def watch_until(self, instant: float, is_feeding: bool = True) -> None:
        """Feed the tenants, and start again what ended by itself, as a supervisor would."""
        while (left := instant - time.monotonic()) > 0:
            for name, code in self.product.ended_by_themselves().items():
                self.ended.append(f"{name} ended by itself with {code} at {datetime.now(UTC)}")
                self.say(f"{self.ended[-1]}\n{self.product.last_words(name)}")
                self.product.revive([name])
            if is_feeding:
                self.feed()
            time.sleep(min(WATCH_SECONDS, left))

    def feed(self) -> None:
        for sort, (count, most, every) in FEEDS.items():
            if time.monotonic() > self.fed.get(sort, 0.0) + every:
                self.fed[sort] = time.monotonic()
                fed = self.world.dice.sample(self.schemas, most) if most else self.schemas
                self.give(fed, count, sort)

    def give(self, schemas: list[str], count: int, sort: str) -> None:
        # While Postgres is stopped nobody gets any.
        with suppress(psycopg2.Error):
            tenants.feed(self.product, schemas, count, sort)


def events(plan: list[Strike], bait_seconds: float) -> list[tuple[float, str, Strike]]:
    """What happens when, in the order of time; what is in the same instant, in the order of life."""
    baited = [strike for strike in plan if strike.kind.startswith("worker")]
    found = [(max(0.0, strike.at - bait_seconds), "bait", strike) for strike in baited]
    found += [(strike.at, "begin", strike) for strike in plan]
    found += [(strike.ends, "end", strike) for strike in plan]
    return sorted(found, key=lambda event: event[0])


@contextmanager
def experiment(size: Size, seed: int, say: Say = print) -> Iterator[Experiment]:
    """An experiment on servers of its own; all of it is ended and deleted with the block."""
    processes = size.processes()
    plan = draw(seed, size.seconds, processes)
    with own_servers() as (servers, folder), Postman(servers.broker.url) as postman:
        product = Product(folder / "logs", servers.broker.url, processes)
        world = faults.World(product, servers, postman, random.Random(seed))  # noqa: S311
        try:
            yield Experiment(world, size, plan, say)
        finally:
            world.end_all()
