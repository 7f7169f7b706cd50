"""How late slots reach the broker: 100,000 of them spread over an hour, while schedules are edited.

`python -m bench.lateness SECONDS` watches a real beat for so long; the rate is that of the hour.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from bench import environment  # noqa: F401  # isort: skip  # before anything asks for settings
from django.core.management import call_command
from django.db import connection
from django_celery_beat.models import CrontabSchedule
from django_tenants.utils import tenant_context

from bench.beats import beats
from bench.fleet_rows import PREFIX, make_tenant_rows, spread_slots
from bench.registry import Benchmark, Row
from bench.work import make_tenants
from scheduling.agenda.clock import database_now
from tenants.models import Tenant

SLOTS, TENANTS, HOUR = 100_000, 1_000, 3600
EDITS_PER_SECOND = 5.0
#: Left out: a beat that has just been started.
WARM_UP = timedelta(seconds=5)

LATENESS = """
SELECT count(*), extract(epoch FROM percentile_disc(0.5) WITHIN GROUP (ORDER BY lateness)),
    extract(epoch FROM percentile_disc(0.99) WITHIN GROUP (ORDER BY lateness)),
    extract(epoch FROM max(lateness))
FROM (
    SELECT coalesce(published_at, clock_timestamp()) - slot_at AS lateness
    FROM agenda_firing JOIN tenants_tenant AS tenant ON tenant.id = tenant_id
    WHERE slug LIKE %s AND slot_at >= %s AND slot_at < %s
) AS fired
"""


def measure(seconds: float = 120) -> dict[str, Any]:
    """Return how many slots fired and how late in milliseconds: median, 99th percentile, most."""
    tenants = make_tenants()
    make_tenant_rows(TENANTS)
    with beats() as _, edits(tenants):
        since = database_now() + WARM_UP
        spread_slots(SLOTS, TENANTS, HOUR, since)
        time.sleep(seconds + WARM_UP.total_seconds())
        until = since + timedelta(seconds=seconds)
        time.sleep(2)  # for the last ones
        return lateness(since, until)


def lateness(since: datetime, until: datetime) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(LATENESS, [f"{PREFIX}-%", since, until])
        count, *parts = cursor.fetchone()
    names = ("median_ms", "p99_ms", "max_ms")
    return {
        "slots": count,
        **{name: float(part) * 1000 for name, part in zip(names, parts, strict=True)},
    }


@contextmanager
def edits(tenants: Sequence[Tenant]) -> Iterator[None]:
    """Have schedules edited at a steady pace, one tenant's after the other's."""
    is_over = threading.Event()
    editor = threading.Thread(target=edit, args=(tenants, is_over))
    editor.start()
    try:
        yield
    finally:
        is_over.set()
        editor.join()


def edit(tenants: Sequence[Tenant], is_over: threading.Event) -> None:
    number = 0
    while not is_over.wait(1 / EDITS_PER_SECOND):
        with tenant_context(tenants[number % len(tenants)]):
            CrontabSchedule.objects.update(minute=str(number % 60))
        number += 1
    connection.close()


def run(is_full: bool) -> list[Row]:
    return [measure(HOUR if is_full else 120)]


BENCHMARK = Benchmark(
    name="lateness",
    title="Lateness",
    measured=(
        "100,000 slots of 1,000 tenants, spread over an hour, beside five edits of schedules a second: from "
        "slot to the mark that the broker has its message, by a real beat."
    ),
    run=run,
    columns={
        "slots": "slots watched",
        "median_ms": "median, ms",
        "p99_ms": "p99",
        "max_ms": "most",
    },
)


def main() -> None:
    call_command("migrate_schemas", verbosity=0)
    print(json.dumps(measure(*map(float, sys.argv[1:])), indent=2))


if __name__ == "__main__":
    main()
