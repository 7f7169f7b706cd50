"""Two beats: a burst shared by two beat processes, against the same burst with one, in turns."""

from __future__ import annotations

import statistics

from django.conf import settings

from bench import fleet
from bench.burst import burst
from bench.registry import Benchmark, CannotMeasure, Row
from bench.results import cores

SIZE, MORE = 10_000, 100_000
ROUNDS = 5


def run(is_full: bool) -> list[Row]:
    if cores() < 2:
        raise CannotMeasure("there is one core, which two beats cannot share with any gain")
    fleet.make_tenants()
    return [line(size) for size in (SIZE, *([MORE] if is_full else []))]


def line(size: int) -> Row:
    """Each burst checks that every slot has one firing and one message."""
    url = settings.CELERY_BROKER_URL
    ones, twos = [], []
    for _ in range(ROUNDS):
        ones.append(burst(size, url))
        twos.append(burst(size, url, beats=2))
    row = {
        "slots": size,
        "one_per_second": size / statistics.median(ones),
        "two_per_second": size / statistics.median(twos),
        "ratio": statistics.median(one / two for one, two in zip(ones, twos, strict=True)),
        "rounds": ROUNDS,
    }
    print(f"  {row}", flush=True)
    return row


BENCHMARK = Benchmark(
    name="two_beats",
    title="Two beats",
    measured=(
        "The same burst worked off by one beat process and by two side by side. Postgres and the broker "
        "want a share of the same cores. Every burst is checked: one firing and one message per slot."
    ),
    run=run,
    columns={
        "slots": "slots",
        "one_per_second": "one beat, messages/s",
        "two_per_second": "two beats",
        "ratio": "ratio",
    },
)
