"""How fast a worker closes: our runs, and a plain Celery task that sends the same statements.

`python -m bench.worker [ROUNDS] [RUNS]`. Both workers are there all the time, with two processes
each; they take turns, and the queue of the one whose turn it is is filled at one stroke.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from bench import environment  # noqa: F401  # isort: skip  # before anything asks for settings
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.models import Max
from django_celery_beat.models import PeriodicTask
from django_tenants.utils import tenant_context
from kombu import Exchange, Queue

from bench import plain_task
from bench.processes import Process, broker, celery, children_of, cpu_seconds, wait_until
from bench.registry import Benchmark, Row
from orders import windows
from orders.tasks import auto_close_old_orders
from saas.celery import app
from scheduling import claiming, ending
from scheduling.agenda import beginning, ledger
from scheduling.agenda.clock import database_now
from scheduling.agenda.models import Firing
from tenants import provisioning
from tenants.models import Tenant
from tenants.postgresql.logins import login_name, passwords
from tenants.postgresql.roles import installation_id, role_name

ROUNDS, RUNS, TENANTS, ORDERS = 5, 600, 20, 20
PROCESSES = "2"
DAYS = 30
#: Messages are gathered here, and given to a worker by renaming the list.
STAGE = Queue("stage", Exchange("stage"), routing_key="stage")

#: What the plain task sends too.
STATEMENTS = {
    "BEGIN": beginning.BEGIN.replace("+ %(lease)s", "+ %(lease)s::interval"),
    "LOOK": claiming.LOOK,
    "WRITE": claiming.WRITE,
    "CLOSE_FREE": windows.CLOSE_FREE.format(allowed=windows.UNRULED),
    "END_AND_TELL": ending.END_AND_TELL,
    "SETTLE": ledger.SETTLE,
}
MAKE_ORDERS = """
INSERT INTO orders_order
    (number, customer, placed_at, total, currency, status, status_changed_at)
SELECT slot || '/' || n, '', slot - %(age)s, 1, 'EUR', 'open', slot - %(age)s
FROM unnest(%(slots)s::timestamptz[]) AS slot, generate_series(1, %(orders)s) AS n
"""
EMPTY = "DELETE FROM orders_order; DELETE FROM scheduling_run"


class Fleet:
    """Tenants with old orders, as many for each slot as a run is to close."""

    def __init__(self) -> None:
        orders = [provisioning.Order(slug=f"runs-{n}", name="Bench") for n in range(TENANTS)]
        self.tenants = [provisioning.provision(order).tenant for order in orders]
        self.schedules = {tenant.pk: schedule_of(tenant) for tenant in self.tenants}
        self.installation = installation_id()

    def prepare(self, runs: int) -> list[Firing]:
        """Store the firings of so many runs, one tenant's after the other's, with their orders."""
        Firing.objects.filter(tenant__in=self.tenants).delete()
        first = database_now().replace(microsecond=0) - timedelta(hours=1)
        slots = [first + timedelta(seconds=number) for number in range(runs // TENANTS)]
        for tenant in self.tenants:
            make_orders(tenant, slots)
        firings = [self.firing(tenant, slot_at) for slot_at in slots for tenant in self.tenants]
        Firing.objects.bulk_create(firings)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE agenda_firing")
        return firings

    def firing(self, tenant: Tenant, slot_at: datetime) -> Firing:
        schedule = self.schedules[tenant.pk]
        return Firing(
            id=Firing.id_of(tenant.pk, schedule, slot_at),
            tenant=tenant,
            periodic_task_id=schedule,
            task=auto_close_old_orders.name,
            slot_at=slot_at,
            planned_at=slot_at,
            publish_at=slot_at,
            state=Firing.State.PUBLISHED,
            published_at=database_now(),
            publications=1,
        )

    def closed(self) -> int:
        total = 0
        for tenant in self.tenants:
            with tenant_context(tenant), connection.cursor() as cursor:
                cursor.execute("SELECT coalesce(sum(closed), 0) FROM scheduling_run")
                total += cursor.fetchone()[0]
        return total


def schedule_of(tenant: Tenant) -> int:
    with tenant_context(tenant):
        return PeriodicTask.objects.get(task=auto_close_old_orders.name).pk


def make_orders(tenant: Tenant, slots: list[datetime]) -> None:
    age = timedelta(days=DAYS, seconds=0.5)
    with tenant_context(tenant), connection.cursor() as cursor:
        cursor.execute(EMPTY)
        given: dict[str, Any] = {"slots": slots, "age": age, "orders": ORDERS}
        cursor.execute(MAKE_ORDERS, given)
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {tenant.schema_name}.orders_order")


def send_ours(firing: Firing) -> None:
    app.send_task(
        firing.task,
        task_id=str(firing.pk),
        queue=STAGE,
        headers={"_schema_name": firing.tenant.schema_name},
        ignore_result=True,
    )


class Plain:
    """Sends the plain task what it needs to know, so that it asks for nothing."""

    def __init__(self, fleet: Fleet) -> None:
        self.installation = fleet.installation

    def __call__(self, firing: Firing) -> None:
        schema = firing.tenant.schema_name
        given = {
            "id": str(firing.pk),
            "lease": "30 seconds",
            "task": firing.task,
            "schema": schema,
            "role": role_name(self.installation, schema),
            "since": (firing.slot_at - timedelta(hours=1)).isoformat(),
            "until": (firing.slot_at + timedelta(hours=1)).isoformat(),
            "status": "open",
            "before": (firing.slot_at - timedelta(days=DAYS)).isoformat(),
            "periodic_task_id": firing.periodic_task_id,
            "name": "Close old orders",
            "slot_at": firing.slot_at.isoformat(),
            "state": "running",
            "trigger": "schedule",
            "started_at": firing.slot_at.isoformat(),
            "examined": 0,
            "closed": 0,
            "retries": 0,
            "error": "",
            "parameters": '{"days": 30}',
        }
        plain_task.app.send_task("plain.close", [given], queue=STAGE, ignore_result=True)


class Rate(NamedTuple):
    """Runs a second; and the milliseconds that each cost the worker's main process and its children."""

    per_second: float
    main_ms: float
    children_ms: float


def rate(
    fleet: Fleet, runs: int, send: Callable[[Firing], None], queue: str, worker: Process
) -> Rate:
    """Have a worker do so many runs, and measure it from the first to the last that is settled."""
    for firing in fleet.prepare(runs):
        send(firing)
    cpu = cpu_of(worker)
    begun = database_now()
    broker().rename("stage", queue)
    unsettled = Firing.objects.filter(tenant__in=fleet.tenants).exclude(state="settled")
    wait_until(lambda: not unsettled.exists(), 300)
    last = Firing.objects.filter(tenant__in=fleet.tenants).aggregate(last=Max("settled_at"))["last"]
    main, children = (
        (now - before) * 1000 / runs for now, before in zip(cpu_of(worker), cpu, strict=True)
    )
    assert fleet.closed() == runs * ORDERS, fleet.closed()  # noqa: S101
    return Rate(runs / (last - begun).total_seconds(), main, children)


def cpu_of(worker: Process) -> tuple[float, float]:
    return cpu_seconds(worker.pid), sum(map(cpu_seconds, children_of(worker)))


@contextmanager
def workers() -> Iterator[tuple[Process, Process]]:
    ours = ("worker", "-c", PROCESSES, "-n", "ours@bench", "-Q", "celery")
    plain = ("worker", "-c", PROCESSES, "-n", "plain@bench", "-Q", plain_task.QUEUE)
    login = login_name(installation_id(), "worker")
    database = settings.DATABASES["default"]
    address = {"host": database["HOST"], "port": database["PORT"], "dbname": database["NAME"]}
    given = address | {"user": login, "password": passwords(login)[0]}
    env = {
        "PLAIN_DSN": " ".join(f"{name}={value}" for name, value in given.items() if value),
        "PLAIN_STATEMENTS": json.dumps(STATEMENTS),
    }
    own, stock = celery("saas", *ours), celery("bench.plain_task", *plain, env=env)
    with own as first, stock as second:
        for worker in (first, second):
            wait_until(partial(has_forked, worker))
        yield first, second


def has_forked(worker: Process) -> bool:
    return len(children_of(worker)) == int(PROCESSES)


def measure(rounds: int = ROUNDS, runs: int = RUNS) -> dict[str, Any]:
    """Return both rates, as medians, and the median of their ratios."""
    fleet = Fleet()
    rates: dict[str, list[Rate]] = {"ours": [], "plain": []}
    with workers() as (ours, plain):
        ways: dict[str, tuple[Callable[[Firing], None], str, Process]] = {
            "ours": (send_ours, "celery", ours),
            "plain": (Plain(fleet), plain_task.QUEUE, plain),
        }
        for number in range(-1, rounds):
            for name in ("ours", "plain") if number % 2 else ("plain", "ours"):
                found = rate(fleet, runs, *ways[name])
                if number >= 0:  # the first round warms up
                    rates[name].append(found)
    pairs = zip(rates["ours"], rates["plain"], strict=True)
    ratios = [ours.per_second / plain.per_second for ours, plain in pairs]
    return {
        "ratio": statistics.median(ratios),
        "ratios": [round(ratio, 3) for ratio in ratios],
        "rounds": rounds,
        "runs": runs,
        "processes": int(PROCESSES),
        **{name: medians(found) for name, found in rates.items()},
    }


def medians(rates: list[Rate]) -> dict[str, float]:
    named = {name: [getattr(rate, name) for rate in rates] for name in Rate._fields}
    return {name: round(statistics.median(values), 3) for name, values in named.items()}


def run(is_full: bool) -> list[Row]:
    found = measure()
    ours, plain = found["ours"], found["plain"]
    return [
        {
            "ours_per_second": ours["per_second"],
            "plain_per_second": plain["per_second"],
            "ratio": found["ratio"],
            "runs": found["runs"],
            "rounds": found["rounds"],
        }
    ]


BENCHMARK = Benchmark(
    name="worker",
    title="Runs that close 20 orders",
    measured=(
        "A worker's runs, from the message to the settled firing, in turns with a plain Celery task on a "
        "worker of the same size that sends the same statements by psycopg2."
    ),
    run=run,
    columns={
        "ours_per_second": "ours, runs/s",
        "plain_per_second": "plain task",
        "ratio": "ratio",
        "runs": "runs each",
        "rounds": "rounds",
    },
)


def main() -> None:
    call_command("migrate_schemas", verbosity=0)
    print(json.dumps(measure(*map(int, sys.argv[1:])), indent=2))


if __name__ == "__main__":
    main()
