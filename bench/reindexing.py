"""How long beat takes to read every tenant's schedules again, while it goes on firing slots.

`python -m bench.reindexing TENANTS` makes so many whole tenants and marks them all as changed.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from bench import environment  # noqa: F401  # isort: skip  # before anything asks for settings
from django.core.management import call_command
from django.db import connection

from bench.beats import beats, wait_until
from bench.fleet_rows import make_tenant_rows, spread_slots
from bench.lateness import lateness
from bench.registry import Benchmark, Row
from scheduling.agenda.clock import database_now
from scheduling.agenda.models import ScheduleChange
from tenants.batches import provision_all
from tenants.roster import Line
from tenants.side_by_side import workers_at_most

#: Slots that fire meanwhile, over a quarter of an hour.
SLOTS, SLOT_TENANTS, SPREAD = 25_000, 1_000, 900
LONGEST_SECONDS = 900

#: As after a disaster: what beat knew of these tenants is gone.
FORGET = """
DELETE FROM agenda_dueslot WHERE tenant_id IN (
    SELECT id FROM tenants_tenant WHERE slug LIKE 'whole-%'
)
"""
MARK = """
INSERT INTO agenda_schedulechange (schema_name, changed_at)
SELECT schema_name, clock_timestamp() FROM tenants_tenant WHERE slug LIKE 'whole-%'
"""


def make_whole_tenants(number: int) -> None:
    """Make them as `provision_tenants` does: one session that made all would get slower with each."""
    lines = [Line(n, f"whole-{n}", "Bench", "UTC", "") for n in range(number)]
    report = provision_all(lines, workers_at_most())
    assert report.created == number, report.failed[:3]  # noqa: S101


def measure(tenants: int = 1_000) -> dict[str, Any]:
    """Return the seconds that reindexing took, and how late other slots were meanwhile."""
    make_whole_tenants(tenants)
    make_tenant_rows(SLOT_TENANTS)
    with beats() as _:
        wait_until(lambda: not ScheduleChange.objects.exists(), LONGEST_SECONDS)
        since = database_now()
        spread_slots(SLOTS, SLOT_TENANTS, SPREAD, since)
        begun = time.perf_counter()
        with connection.cursor() as cursor:
            cursor.execute(FORGET)
            cursor.execute(MARK)
        marked = time.perf_counter()
        wait_until(lambda: not ScheduleChange.objects.exists(), LONGEST_SECONDS)
        ended = time.perf_counter()
        late = lateness(since, database_now())
    return {
        "tenants": tenants,
        "marking_seconds": marked - begun,
        "reindexing_seconds": ended - marked,
        "meanwhile": late,
    }


def run(is_full: bool) -> list[Row]:
    found = measure(10_000 if is_full else 1_000)
    return [found | found.pop("meanwhile")]


BENCHMARK = Benchmark(
    name="reindexing",
    title="Reading every tenant's schedules again",
    measured=(
        "What beat knew of so many tenants is deleted, and they are marked as changed; meanwhile slots of "
        "others go on firing."
    ),
    run=run,
    columns={
        "tenants": "tenants",
        "marking_seconds": "marking, s",
        "reindexing_seconds": "reading, s",
        "slots": "slots meanwhile",
        "p99_ms": "their lateness, p99, ms",
        "max_ms": "most",
    },
)


def main() -> None:
    call_command("migrate_schemas", verbosity=0)
    print(json.dumps(measure(*map(int, sys.argv[1:])), indent=2))


if __name__ == "__main__":
    main()
