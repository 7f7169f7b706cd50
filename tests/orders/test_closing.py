from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from orders.closing import Closing, close_old_orders
from orders.models import Order
from tests.conftest import NOON
from tests.orders.builders import make_order, make_orders, stored

SECOND = timedelta(seconds=1)


def test_only_orders_placed_before_the_limit_are_closed(in_acme):
    make_order("before", placed_at=NOON - SECOND)
    make_order("exactly", placed_at=NOON)
    make_order("after", placed_at=NOON + SECOND)

    assert list(close_old_orders(NOON, run_id=7)) == [Closing(1, 1, is_last=True)]

    assert stored("number", "status") == [
        ("after", "open"),
        ("before", "closed"),
        ("exactly", "open"),
    ]


@pytest.mark.parametrize("status", ["fulfilled", "cancelled", "closed"])
def test_only_open_orders_are_closed(in_acme, status):
    order = make_order(status=status)

    assert list(close_old_orders(NOON, run_id=7)) == []

    order.refresh_from_db()
    assert (order.status, order.closed_by_run) == (status, None)


def test_a_closed_order_tells_when_and_by_which_run(in_acme):
    order = make_order()

    list(close_old_orders(NOON, run_id=7))

    order.refresh_from_db()
    database_now = Order.objects.values_list(Now(), flat=True).get()
    assert order.closed_by_run == 7
    assert order.closed_at == order.status_changed_at
    assert timedelta(0) <= database_now - order.closed_at < timedelta(minutes=1)


def test_the_oldest_are_closed_first_in_batches(in_acme):
    orders = make_orders(5)
    for age, order in enumerate(orders):
        Order.objects.filter(pk=order.pk).update(placed_at=NOON - timedelta(days=1 + age))
    batches = close_old_orders(NOON, run_id=7, batch=2)

    assert next(batches) == Closing(2, 2)

    assert set(Order.objects.filter(status="closed")) == {orders[4], orders[3]}
    assert sum(done.closed for done in batches) == 3


def test_a_few_orders_take_one_statement(in_acme):
    make_orders(6)

    with CaptureQueriesContext(connection) as captured:
        (done,) = close_old_orders(NOON, run_id=7)

    about_orders = [query for query in captured if "orders_order" in query["sql"]]
    assert len(about_orders) == 1
    assert done == Closing(6, 6, is_last=True)


def test_closing_again_changes_nothing(in_acme):
    make_orders(2)
    list(close_old_orders(NOON, run_id=7))
    before = stored("closed_at", "closed_by_run")

    assert list(close_old_orders(NOON, run_id=8)) == []

    assert stored("closed_at", "closed_by_run") == before


def test_a_closing_that_was_broken_off_is_taken_up_again(in_acme):
    make_orders(3)
    next(close_old_orders(NOON, run_id=7, batch=2))

    assert list(close_old_orders(NOON, run_id=7, batch=2)) == [Closing(1, 1, is_last=True)]

    assert stored("closed_by_run") == [7, 7, 7]


def test_the_other_tenant_keeps_its_orders_open(globex, in_acme):
    make_order()
    with tenant_context(globex):
        make_order()

    list(close_old_orders(NOON, run_id=7))

    assert stored("status") == ["closed"]
    with tenant_context(globex):
        assert stored("status") == ["open"]


def test_a_batch_that_is_rolled_back_closes_nothing(in_acme):
    make_order()

    with transaction.atomic():
        next(close_old_orders(NOON, run_id=7))
        transaction.set_rollback(True)

    assert stored("status") == ["open"]
