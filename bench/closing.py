"""One tenant's very many old orders: how long a run of them takes, and what the others feel of it.

`python -m bench.closing [ORDERS] [ROUNDS] [OTHERS]`: a real beat and a real worker close them, in
turns with a single UPDATE of the same columns; then once more while other tenants' runs go on.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from bench import environment  # noqa: F401  # isort: skip  # before anything asks for settings
from django.core.management import call_command
from django.db import connection
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from django_tenants.utils import tenant_context

from bench.locks import longest_transaction
from bench.processes import Process, celery, children_of, memory_mb, wait_until
from bench.registry import Benchmark, Row
from orders.models import Order
from orders.tasks import auto_close_old_orders
from orders.windows import CLOSED
from scheduling.agenda.limits import decide
from scheduling.agenda.manual import plan_manual
from scheduling.agenda.models import DueSlot, Firing
from scheduling.models import Run
from tenants import provisioning
from tenants.models import Tenant
from tenants.postgresql.base import owner_rights

ORDERS, ROUNDS, OTHERS = 200_000, 3, 99
FULL = (1_000_000, 5, 99)
OTHERS_EVERY = 5  # seconds
LONGEST_SECONDS = 900
OLD = datetime(2020, 1, 1, tzinfo=UTC)

FILL = """
TRUNCATE orders_order RESTART IDENTITY;
INSERT INTO orders_order (number, customer, placed_at, total, currency, status, status_changed_at)
SELECT 'B' || n, '', %(old)s + n * interval '1 second', 1, 'EUR', 'open', %(old)s
FROM generate_series(1, %(orders)s) AS n
"""
UPDATE = f"UPDATE orders_order SET {CLOSED} WHERE status = 'open' AND placed_at < %(before)s"  # noqa: S608


class Giant:
    """The tenant with the many orders."""

    def __init__(self, orders: int) -> None:
        self.orders = orders
        self.tenant = provisioning.provision(provisioning.Order(slug="giant", name="B")).tenant
        with tenant_context(self.tenant):
            own = PeriodicTask.objects.get(task=auto_close_old_orders.name)
            # Its own slot, at midnight, would take a part of the orders.
            PeriodicTask.objects.filter(pk=own.pk).update(enabled=False)
            self.schedule = own.pk

    def fill(self) -> None:
        """Make all orders anew, as they lie in a table that was vacuumed."""
        with owner_rights(), tenant_context(self.tenant), connection.cursor() as cursor:
            cursor.execute(FILL, {"old": OLD, "orders": self.orders})
            cursor.execute("VACUUM ANALYZE orders_order")

    def update_at_once(self) -> float:
        """Return the seconds that a single UPDATE of all takes."""
        self.fill()
        with tenant_context(self.tenant), connection.cursor() as cursor:
            begun = time.perf_counter()
            cursor.execute(UPDATE, {"run": 0, "before": datetime.now(UTC)})
            return time.perf_counter() - begun

    def close(self) -> float:
        """Return the seconds from asking for a run that closes all until it is settled."""
        self.fill()
        return self.run()

    def run(self) -> float:
        firing = plan_manual(self.tenant, self.schedule, auto_close_old_orders.name)
        settled = Firing.objects.filter(pk=firing.pk, state="settled")
        wait_until(settled.exists, LONGEST_SECONDS)
        with tenant_context(self.tenant):
            run = Run.objects.latest("slot_at")
            assert run.closed == self.orders, run.closed  # noqa: S101
            assert Order.objects.filter(closed_by_run=run.pk).count() == self.orders  # noqa: S101
        took = settled.get()
        assert took.settled_at is not None  # noqa: S101
        return (took.settled_at - took.planned_at).total_seconds()


class Others:
    """Tenants that close a few orders every few seconds, each at a time of its own."""

    def __init__(self, count: int) -> None:
        orders = [provisioning.Order(slug=f"other-{n}", name="B") for n in range(count)]
        self.tenants = [provisioning.provision(order).tenant for order in orders]
        for tenant in self.tenants:
            decide(tenant, least_interval_seconds=OTHERS_EVERY)
            with tenant_context(tenant):
                self.schedule(tenant)

    def schedule(self, tenant: Tenant) -> None:
        every, _ = IntervalSchedule.objects.get_or_create(every=OTHERS_EVERY, period="seconds")
        task = auto_close_old_orders.name
        PeriodicTask.objects.create(name="often", task=task, interval=every, enabled=False)

    @contextmanager
    def active(self) -> Iterator[None]:
        self.enable(True, pause=OTHERS_EVERY / len(self.tenants))
        often = DueSlot.objects.filter(tenant__in=self.tenants, name="often", due_at__isnull=False)
        wait_until(lambda: often.count() == len(self.tenants))
        time.sleep(2 * OTHERS_EVERY)
        try:
            yield
        finally:
            self.enable(False)

    def enable(self, is_enabled: bool, pause: float = 0.0) -> None:
        """Switch their schedules, whose slots count from then on: with a pause they are spread."""
        for tenant in self.tenants:
            with tenant_context(tenant):
                PeriodicTask.objects.filter(name="often").update(enabled=is_enabled)
            time.sleep(pause)

    def lateness(self, since: datetime) -> list[float]:
        """Return by how many seconds each of their runs began after its slot."""
        fired = Firing.objects.filter(tenant__in=self.tenants, slot_at__gte=since, verdict="")
        fired = fired.filter(started_at__isnull=False)
        return sorted(
            (started_at - slot_at).total_seconds()
            for started_at, slot_at in fired.values_list("started_at", "slot_at")
            if started_at
        )


def measure(orders: int = ORDERS, rounds: int = ROUNDS, others: int = OTHERS) -> dict[str, Any]:
    """Return the times of both ways, the longest step, memory, and how late the others' runs were."""
    giant, rest = Giant(orders), Others(others)
    worker = ("worker", "-c", "2", "-n", "closing@bench", "-Q", "celery")
    with celery("saas", "beat"), celery("saas", *worker) as process:
        wait_until(lambda: len(children_of(process)) == 2)
        at_once: list[float] = []
        ours: list[float] = []
        holding: list[float] = []
        for number in range(rounds):
            steps = [giant.update_at_once, giant.close]
            for step in steps if number % 2 else reversed(steps):
                with longest_transaction() as longest:
                    took = step()
                (at_once if step == giant.update_at_once else ours).append(took)
                holding += longest.seconds if step == giant.close else []
        return {
            "orders": orders,
            "rounds": rounds,
            "at_once_seconds": statistics.median(at_once),
            "ours_seconds": statistics.median(ours),
            "ratio": statistics.median(a / b for a, b in zip(ours, at_once, strict=True)),
            "step_ms": quantiles_ms(holding),
            "with_others": meanwhile(giant, rest, process),
        }


def meanwhile(giant: Giant, rest: Others, worker: Process) -> dict[str, Any]:
    """Close all once more while the others' runs go on."""
    giant.fill()
    with rest.active():
        memory = max(map(memory_mb, children_of(worker)))
        since = datetime.now(UTC)
        with longest_transaction() as longest:
            took = giant.run()
        late = rest.lateness(since)
    return {
        "tenants": len(rest.tenants),
        "ours_seconds": took,
        "step_ms": quantiles_ms(longest.seconds),
        "lateness_ms": quantiles_ms(late),
        "their_runs": len(late),
        "memory_growth_mb": max(map(memory_mb, children_of(worker))) - memory,
    }


def quantiles_ms(seconds: list[float]) -> dict[str, float]:
    found = sorted(seconds) or [0.0]
    at = {"median": 0.5, "p99": 0.99, "max": 1.0}
    return {
        name: round(found[int(share * (len(found) - 1))] * 1000, 1) for name, share in at.items()
    }


def run(is_full: bool) -> list[Row]:
    found = measure(*FULL) if is_full else measure()
    others = found["with_others"]
    return [
        {
            "orders": found["orders"],
            "ours_seconds": found["ours_seconds"],
            "at_once_seconds": found["at_once_seconds"],
            "ratio": found["ratio"],
            "longest_ms": found["step_ms"]["max"],
            "others": others["tenants"],
            "others_p99_ms": others["lateness_ms"]["p99"],
            "memory_growth_mb": others["memory_growth_mb"],
        }
    ]


BENCHMARK = Benchmark(
    name="closing",
    title="Very many old orders of one tenant",
    measured=(
        "A run that closes them all, by a real beat and worker, in turns with one UPDATE of the same "
        "columns; then once more while other tenants' runs go on. The longest step is what holds locks."
    ),
    run=run,
    columns={
        "orders": "orders",
        "ours_seconds": "ours, s",
        "at_once_seconds": "one UPDATE, s",
        "ratio": "ratio",
        "longest_ms": "longest step, ms",
        "others": "other tenants",
        "others_p99_ms": "their lateness, p99, ms",
        "memory_growth_mb": "memory grew by, MB",
    },
)


def main() -> None:
    call_command("migrate_schemas", verbosity=0)
    given = FULL if sys.argv[1:] == ["full"] else tuple(map(int, sys.argv[1:]))
    print(json.dumps(measure(*given), indent=2))


if __name__ == "__main__":
    main()
