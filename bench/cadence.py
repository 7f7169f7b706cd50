"""What the next slot of a crontab costs, beside what others take for it: `python -m bench.cadence`.

All take turns on the same instants, drawn from ten years, each from a crontab that is read already,
as far as it can be: cronsim has no such thing, and reads its text each time.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

from celery import Celery
from celery.schedules import crontab as celery_crontab
from cronsim import CronSim

from bench.registry import Benchmark, Row
from scheduling.cadence import Cadence, CrontabCadence

NextSlot = Callable[[datetime], object]
#: What an ordinary crontab may cost, in microseconds.
LIMIT_US = 40.0
ORDINARY = (
    ("*/15 * * * *", "UTC"),
    ("0 3 * * *", "Europe/Berlin"),
    ("30 2 * * 1-5", "Europe/Berlin"),
)
#: Dates that come in few years: the most that is to be searched.
RARE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("0 0 1 1 *", {}),
    ("29 2 29 2 *", {}),
    ("29 2 29 2 0", {}),
    ("30 2 29 3 0", {"gap": "skip"}),
)
#: A century is as far as the peers can compute; the same instants each time.
FIRST, DAYS = datetime(2020, 1, 1, tzinfo=UTC), 3650


def measure(calls: int = 2000, crontabs: int = 300, seed: int = 1) -> dict[str, Any]:
    """Return medians in microseconds per call: ours and the peers', rare dates, reading from JSON.

    Of `crontabs` that are drawn at random, it counts those that cost more than an ordinary one may.
    """
    rng = random.Random(seed)  # noqa: S311  # nothing secret is drawn
    instants = [FIRST + timedelta(days=DAYS) * rng.random() for _ in range(calls)]
    return {
        "calls": calls,
        "limit_us": LIMIT_US,
        "ordinary": {
            f"{text} {zone}": side_by_side(text, zone, instants) for text, zone in ORDINARY
        },
        "rare": {text: rare(text, choice, instants[:50]) for text, choice in RARE},
        "from_json_us": from_json_us(calls),
        "drawn": drawn(rng, crontabs, instants[:50]),
    }


def side_by_side(text: str, zone: str, instants: list[datetime]) -> dict[str, float | None]:
    """Return each way's median; None for a peer that is not installed."""
    ways = {
        "ours": CrontabCadence.parse(text, zone).next_after,
        "celery": by_celery(text, zone),
        "cronsim": by_cronsim(text, zone),
        "croniter": by_croniter(text, zone),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for instant in instants:
        for name, way in ways.items():
            if way is not None:
                times[name].append(microseconds(way, instant))
    return {name: statistics.median(took) if took else None for name, took in times.items()}


def microseconds(work: Callable[..., object], *arguments: Any) -> float:
    begun = time.perf_counter_ns()
    work(*arguments)
    return (time.perf_counter_ns() - begun) / 1000


def by_celery(text: str, zone: str) -> NextSlot:
    """Celery tells how long there is to go since a run, as beat asks it."""
    app = Celery("bench", set_as_current=False)
    app.conf.timezone = zone
    names = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
    fields: dict[str, Any] = dict(zip(names, text.split(), strict=True))
    schedule = celery_crontab(**fields, app=app)

    def remaining(instant: datetime) -> object:
        schedule.nowfun = lambda: instant
        return schedule.remaining_estimate(instant)

    return remaining


def by_cronsim(text: str, zone: str) -> NextSlot:
    local = ZoneInfo(zone)
    return lambda instant: next(CronSim(text, instant.astimezone(local)))


def by_croniter(text: str, zone: str) -> NextSlot | None:
    try:
        croniter = import_module("croniter").croniter
    except ImportError:
        return None
    local = ZoneInfo(zone)
    return lambda instant: croniter(text, instant.astimezone(local)).get_next(datetime)


def rare(text: str, choice: dict[str, Any], instants: list[datetime]) -> dict[str, float]:
    """Return the first call, for which the zone's years are looked through, and the median after it."""
    cadence = CrontabCadence.parse(text, "Europe/Paris", **choice)
    first = microseconds(cadence.next_after, instants[0])
    later = [microseconds(cadence.next_after, instant) for instant in instants]
    return {"first_us": first, "median_us": statistics.median(later), "worst_us": max(later)}


def from_json_us(calls: int) -> dict[str, float]:
    """Return what reading a cadence costs as beat does it, of one read before and of new ones."""
    written = [CrontabCadence.parse(f"{n % 60} {n // 60 % 24} * * *", "UTC") for n in range(calls)]
    texts = [cadence.to_json() for cadence in written]
    new = [microseconds(Cadence.from_json, text) for text in texts]
    again = [microseconds(Cadence.from_json, texts[-1]) for _ in texts]
    return {"new": statistics.median(new), "known": statistics.median(again)}


def drawn(rng: random.Random, count: int, instants: list[datetime]) -> dict[str, Any]:
    """Return how many of `count` crontabs of any fields cost more than the limit, and the dearest."""
    medians: dict[str, float] = {}
    while len(medians) < count:
        cadence = CrontabCadence.parse(draw(rng), "Europe/Berlin")
        took = [microseconds(cadence.next_after, instant) for instant in instants]
        medians[str(cadence)] = statistics.median(took)
    dearest = max(medians, key=medians.__getitem__)
    return {
        "crontabs": count,
        "above_limit": sum(median > LIMIT_US for median in medians.values()),
        "median_us": statistics.median(medians.values()),
        "dearest": dearest,
        "dearest_us": medians[dearest],
    }


def draw(rng: random.Random) -> str:
    anything = partial(rng.choice, ("*", "*", None))
    fields = ((0, 59), (0, 23), (1, 28), (1, 12), (0, 6))
    return " ".join(anything() or str(rng.randint(*bounds)) for bounds in fields)


def report(found: dict[str, Any]) -> str:
    lines = ["| crontab | ours | Celery | cronsim | croniter |", "|---|---:|---:|---:|---:|"]
    for name, took in found["ordinary"].items():
        cells = ["-" if us is None else f"{us:.1f}" for us in took.values()]
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    lines += ["", "| rare | first | then | at worst |", "|---|---:|---:|---:|"]
    for name, took in found["rare"].items():
        lines.append(f"| `{name}` | {' | '.join(f'{us:.1f}' for us in took.values())} |")
    drawn_ones, reading = found["drawn"], found["from_json_us"]
    lines += [
        "",
        f"{drawn_ones['above_limit']} of {drawn_ones['crontabs']} drawn crontabs take more than "
        f"{LIMIT_US:.0f} µs; the dearest, `{drawn_ones['dearest']}`, {drawn_ones['dearest_us']:.1f}.",
        f"Reading one from JSON: {reading['new']:.1f}, one that was read before {reading['known']:.1f}.",
    ]
    return "\n".join(lines)


def run(is_full: bool) -> list[Row]:
    found = measure()
    rows: list[Row] = [{"crontab": name} | took for name, took in found["ordinary"].items()]
    return rows + [
        {"crontab": text, "ours": took["median_us"]} for text, took in found["rare"].items()
    ]


BENCHMARK = Benchmark(
    name="cadence",
    title="The next slot of a crontab",
    measured=(
        "Microseconds per call, in turns on the same instants of ten years, from a crontab that is read "
        "already (cronsim reads its text each time). The last ones are crontabs of rare dates."
    ),
    run=run,
    columns={
        "crontab": "crontab",
        "ours": "ours, µs",
        "celery": "Celery",
        "cronsim": "cronsim",
        "croniter": "croniter",
    },
)


def main() -> None:
    print(report(measure()))


if __name__ == "__main__":
    main()
