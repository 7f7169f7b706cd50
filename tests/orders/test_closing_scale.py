"""Very many orders: windows that follow one another, in constant memory, and the run in slices."""

import tracemalloc
from typing import Any

import pytest
from django.db import connection
from django_tenants.utils import schema_context, tenant_context

from orders import tasks
from orders.closing import close_old_orders
from orders.models import Order
from orders.windows import BEGINNING, PATIENCE, SWEEP, UNRULED
from scheduling.agenda.models import Firing
from scheduling.models import Run
from scheduling.running import perform
from tests.conftest import NOON
from tests.orders.builders import make_order, make_orders, stored
from tests.scheduling.builders import make_firing, make_periodic_task

SHORT, LONG = 20_000, 1_000_000  # orders
#: What a list of all keys would exceed several times.
MEMORY_MAXIMUM = 2_000_000  # bytes

FILL = """
INSERT INTO orders_order (number, customer, placed_at, total, currency, status, status_changed_at)
SELECT 'B' || n, '', %(noon)s - interval '90 days' - n %% 1000 * interval '1 hour', 1, 'EUR', 'open',
    %(noon)s
FROM generate_series(1, %(count)s) AS n;
ANALYZE orders_order
"""


def fill(count):
    with connection.cursor() as cursor:
        cursor.execute(FILL, {"noon": NOON, "count": count})


def counts():
    return pytest.mark.parametrize(
        "count", [SHORT, pytest.param(LONG, marks=pytest.mark.long)], ids=["short", "long"]
    )


@counts()
def test_all_are_closed_once_in_constant_memory(in_acme, count):
    fill(count)
    next(close_old_orders(NOON, run_id=6))
    tracemalloc.start()

    closed = sum(done.closed for done in close_old_orders(NOON, run_id=7))

    assert tracemalloc.get_traced_memory()[1] < MEMORY_MAXIMUM
    tracemalloc.stop()
    assert closed == Order.objects.filter(closed_by_run=7).count() == count - 1000
    assert not Order.objects.filter(status="open").exists()


@counts()
def test_a_run_in_many_slices_closes_and_counts_each_once(globex, in_acme, settings, count):
    settings.RUN_SLICE_SECONDS = 0.01  # less than the second step takes on any machine
    fill(count)
    with tenant_context(globex):
        make_order()
    with schema_context("public"):
        firing = make_firing(in_acme, NOON, make_periodic(in_acme), started_at=NOON, attempts=1)

    slices = 1
    while perform(begun(firing), tasks.auto_close_old_orders) is None:
        slices += 1

    run = Run.objects.get()
    assert (run.state, run.examined, run.closed) == ("succeeded", count, count)
    assert Order.objects.filter(closed_by_run=run.pk).count() == count
    assert slices > 1
    with tenant_context(globex):
        assert stored("status") == ["open"]


def make_periodic(tenant):
    with tenant_context(tenant):
        return make_periodic_task().pk


def begun(firing):
    with schema_context("public"):
        Firing.objects.filter(pk=firing.pk).update(state="started", attempts=1)
    return firing


def test_a_window_is_found_by_its_place_in_the_index(in_acme):
    """Else each would read again what those before it have closed."""
    fill(SHORT)
    given: dict[str, Any] = {"before": NOON, "run": 7, "at": NOON.isoformat(), "id": 5, "size": 100}
    given |= {"patience": PATIENCE, "status": "open"}

    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + SWEEP.format(allowed=UNRULED), given)
        plan = [line for (line,) in cursor.fetchall()]

    assert not [line for line in plan if "Seq Scan on orders_order" in line]
    conditions = [line for line in plan if "Index Cond" in line]
    assert len([line for line in conditions if "ROW(placed_at, id) > " in line]) == 2


def test_an_order_from_before_our_era_is_closed_too(in_acme):
    make_orders(2)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE orders_order SET placed_at = '0044-03-15 BC' WHERE number = 'A1'")

    closed = sum(done.closed for done in close_old_orders(NOON, run_id=7, batch=1))

    assert closed == 2
    assert BEGINNING.placed_at == "-infinity"
