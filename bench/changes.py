"""How soon an edit takes effect: from its commit to the new due slot, at 10,000 tenants.

`python -m bench.changes EDITS` makes so many, one after the other, beside a real beat.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from typing import Any

from bench import environment  # noqa: F401  # isort: skip  # before anything asks for settings
from django.core.management import call_command
from django_celery_beat.models import CrontabSchedule
from django_tenants.utils import tenant_context

from bench.beats import beats
from bench.fleet_rows import make_tenant_rows, spread_slots
from bench.registry import Benchmark, Row
from bench.work import make_tenants
from scheduling.agenda.clock import database_now
from scheduling.agenda.models import DueSlot
from tenants.models import Tenant

TENANTS, SLOTS, DAY = 10_000, 50_000, 86_400
PAUSE_SECONDS = 0.05


def measure(edits: int = 300) -> dict[str, Any]:
    """Return how long edits took to be in effect, in milliseconds: median, 99th percentile, most."""
    tenants = make_tenants()
    make_tenant_rows(TENANTS)
    spread_slots(SLOTS, TENANTS, DAY, database_now())
    with beats() as _:
        took = sorted(effect_of_edit(tenants[n % len(tenants)], n) for n in range(edits))
    return {
        "edits": edits,
        "median_ms": statistics.median(took) * 1000,
        "p99_ms": took[int(len(took) * 0.99)] * 1000,
        "max_ms": took[-1] * 1000,
    }


def effect_of_edit(tenant: Tenant, number: int) -> float:
    """Edit a tenant's schedules and return the seconds until its due slots are of the new ones."""
    minute = str(number % 60)
    with tenant_context(tenant):
        CrontabSchedule.objects.update(minute=minute)
    begun = time.perf_counter()
    edited = DueSlot.objects.filter(tenant=tenant, cadence__crontab__startswith=f"{minute} ")
    while not edited.exists():
        time.sleep(0.001)
    took = time.perf_counter() - begun
    time.sleep(PAUSE_SECONDS)
    return took


def run(is_full: bool) -> list[Row]:
    return [measure()]


BENCHMARK = Benchmark(
    name="changes",
    title="A change takes effect",
    measured="From the commit of an edit to the new due slot, beside 10,000 tenants and a real beat.",
    run=run,
    columns={"edits": "edits", "median_ms": "median, ms", "p99_ms": "p99", "max_ms": "most"},
)


def main() -> None:
    call_command("migrate_schemas", verbosity=0)
    print(json.dumps(measure(*map(int, sys.argv[1:])), indent=2))


if __name__ == "__main__":
    main()
