"""What a tenant's bomb of schedules costs the others: `python -m bench.bomb`, with a real beat.

Others fire every second, first in peace and then while one tenant does what its SQL can: 5,000 rows
of every second at once, again and again; as many such rows as it may have, changed without a pause;
and 5,000 that got past the wall, as by a restore. Lateness is from slot to broker.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any

from bench import environment  # noqa: F401  # isort: skip  # before anything asks for settings
import psycopg2
from django.core.management import call_command
from django.db import DatabaseError, connection
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from django_tenants.utils import tenant_context

from bench.registry import Benchmark, Row
from scheduling.agenda.clock import database_now
from scheduling.agenda.limits import decide
from scheduling.models import Policy
from tenants import provisioning
from tenants.models import Tenant

TASK = "orders.tasks.auto_close_old_orders"
ROWS = 5_000
WARM_UP_SECONDS = 5.0
#: Rows of every second, as SQL writes them.
BOMB = """
    WITH every AS (
        INSERT INTO {schema}django_celery_beat_intervalschedule (every, period)
        VALUES (1, 'seconds') RETURNING id
    )
    INSERT INTO {schema}django_celery_beat_periodictask (name, task, interval_id, one_off, enabled,
        args, kwargs, headers, description, total_run_count, date_changed)
    SELECT gen_random_uuid()::text, %s, id, false, true, '[]', '{{}}', '{{}}', '', 0, now()
    FROM every, generate_series(1, %s)
"""
STIR = "UPDATE django_celery_beat_periodictask SET name = gen_random_uuid()::text"
LATENESS = """
    SELECT count(*), coalesce(percentile_cont(ARRAY[0.5, 0.99, 1.0]) WITHIN GROUP (
        ORDER BY extract(epoch FROM coalesce(published_at, clock_timestamp()) - slot_at)
    ), ARRAY[0, 0, 0]) FROM agenda_firing
    WHERE slot_at BETWEEN %s AND %s AND tenant_id = ANY(%s) AND trigger = 'schedule'
"""


def measure(tenants: int = 20, schedules: int = 5, seconds: float = 30.0) -> dict[str, Any]:
    """Return the others' lateness in milliseconds, in peace and under the bomb, and what it tried.

    `tenants` others have `schedules` of every second each; each phase lasts `seconds`.
    """
    call_command("migrate_schemas", verbosity=0)
    others = [provision(f"other-{number}") for number in range(tenants)]
    bomber = provision("bomber")
    for tenant in others:
        make_schedules(tenant, schedules)
    with beat():
        settle_for(WARM_UP_SECONDS)
        peace = watch(others, seconds)
        get_past_the_wall(bomber)
        with bombing(bomber) as tried:
            attacked = watch(others, seconds)
    return {
        "tenants": tenants,
        "slots_a_second": tenants * schedules,
        "peace": peace,
        "bomb": attacked,
        "tried": dict(tried),
        "fired_of_bomber": fired_of(bomber),
    }


def provision(slug: str) -> Tenant:
    return provisioning.provision(provisioning.Order(slug=slug, name=slug)).tenant


def make_schedules(tenant: Tenant, count: int) -> None:
    decide(
        tenant,
        least_interval_seconds=1,
        schedules_maximum=count + 20,
        firings_in_flight_maximum=10_000,
    )
    with tenant_context(tenant):
        every = IntervalSchedule.objects.create(every=1, period="seconds")
        for number in range(count):
            task = PeriodicTask.objects.create(name=f"every {number}", task=TASK, interval=every)
            # No worker settles what is fired, so nothing may wait for what was before it.
            Policy.objects.create(periodic_task_id=task.pk, overlap="allow")


@contextmanager
def beat() -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "saas", "beat", "-l", "error"]
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


def watch(others: list[Tenant], seconds: float) -> dict[str, float]:
    """Return how late the slots of the next so many seconds were for these tenants, in milliseconds."""
    since = database_now()
    settle_for(seconds)
    until = database_now()
    settle_for(1.0)
    return lateness(others, since, until)


def settle_for(seconds: float) -> None:
    """Settle what beat has published, as workers would."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE agenda_firing SET state = 'settled', outcome = 'succeeded',"
                " settled_at = clock_timestamp() WHERE state = 'published'"
            )
        time.sleep(0.5)


def lateness(others: list[Tenant], since: datetime, until: datetime) -> dict[str, float]:
    with connection.cursor() as cursor:
        cursor.execute(LATENESS, [since, until, [tenant.pk for tenant in others]])
        count, (median, p99, most) = cursor.fetchone()
    shown = {"p50_ms": median, "p99_ms": p99, "max_ms": most}
    return {"slots": count} | {name: float(value) * 1000 for name, value in shown.items()}


@contextmanager
def bombing(tenant: Tenant) -> Iterator[Counter[str]]:
    """Have the tenant throw its bombs, each as soon as the last is off; yield how many of which."""
    over, tried = threading.Event(), Counter[str]()

    def throw() -> None:
        with tenant_context(tenant), closing(connection):
            while not over.is_set():
                attempt("refused", tried, lambda: run(BOMB.format(schema=""), [TASK, ROWS]))
                attempt("refused within the limit", tried, fill_up)
                for _ in range(20):
                    attempt("stir refused", tried, lambda: run(STIR, []))
                    tried["stirred"] += 1

    thread = threading.Thread(target=throw)
    thread.start()
    try:
        yield tried
    finally:
        over.set()
        thread.join()


def attempt(name: str, tried: Counter[str], work: Callable[[], None]) -> None:
    try:
        work()
    except DatabaseError:
        tried[name] += 1


def fill_up() -> None:
    run(
        "DELETE FROM django_celery_beat_periodictask WHERE id NOT IN (SELECT min(id) FROM "
        "django_celery_beat_periodictask)",
        [],
    )
    run(BOMB.format(schema=""), [TASK, 19])


def run(statement: str, parameters: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def get_past_the_wall(tenant: Tenant) -> None:
    """Write the rows where no trigger counts them, as a restore would."""
    database = connection.settings_dict["NAME"]
    url = os.environ["SUPERUSER_DATABASE_URL"]
    with (
        closing(psycopg2.connect(url, dbname=database)) as session,
        session,
        session.cursor() as cursor,
    ):
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(BOMB.format(schema=f'"{tenant.schema_name}".'), [TASK, ROWS])


def fired_of(tenant: Tenant) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM agenda_firing WHERE tenant_id = %s", [tenant.pk])
        return int(cursor.fetchone()[0])


def report(found: dict[str, Any]) -> str:
    lines = ["| others' slots | p50 ms | p99 ms | max ms |", "|---|---:|---:|---:|"]
    for phase in ("peace", "bomb"):
        took = found[phase]
        cells = " | ".join(f"{took[name]:.0f}" for name in ("p50_ms", "p99_ms", "max_ms"))
        lines.append(f"| {phase}, {took['slots']} | {cells} |")
    lines.append(f"\nTried: {found['tried']}; fired of the bomber's: {found['fired_of_bomber']}.")
    return "\n".join(lines)


def run_benchmark(is_full: bool) -> list[Row]:
    found = measure()
    return [{"phase": phase} | found[phase] for phase in ("peace", "bomb")]


BENCHMARK = Benchmark(
    name="bomb",
    title="A bomb of schedules",
    measured=(
        "Slots of others, in peace and while one tenant writes rows of every second by the thousand, changes "
        "its schedules without a pause, and has 5,000 that got past the wall."
    ),
    run=run_benchmark,
    columns={
        "phase": "others' slots",
        "slots": "number",
        "p50_ms": "median, ms",
        "p99_ms": "p99",
        "max_ms": "most",
    },
)


def main() -> None:
    print(report(measure()))


if __name__ == "__main__":
    main()
