"""A window of orders of which somebody else holds one, on connections of their own."""

import pytest
from django.db import connection, transaction

from orders.closing import close_old_orders
from orders.models import ClosingRules, Order
from orders.windows import BEGINNING, Wanted, Window, close_free, sweep
from tests.conftest import NOON
from tests.orders.builders import make_orders, stored
from tests.waiting import DEADLINE, wait_until

pytestmark = pytest.mark.usefixtures("committed")

RULED_OR_NOT = pytest.mark.parametrize("rules", [None, ClosingRules()])


def lock_timeout():
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        return cursor.fetchone()[0]


def swept(done, rules):
    with transaction.atomic():
        before = lock_timeout()
        done.append(sweep(Wanted(NOON, 7, rules=rules), BEGINNING, 10))
        done.append(before == lock_timeout())


def test_a_sweep_closes_a_window_and_says_where_it_ends(in_thread):
    oldest, *_ = sorted(make_orders(3), key=lambda order: (order.placed_at, order.pk))

    with transaction.atomic():
        window = sweep(Wanted(NOON, 7), BEGINNING, 1)

    assert (window.closed, window.end.id) == (1, oldest.pk)
    assert sorted(stored("status")) == ["closed", "open", "open"]


@RULED_OR_NOT
def test_a_sweep_that_meets_a_held_order_does_nothing_and_waits_for_nobody(in_thread, rules):
    orders = make_orders(3)
    done: list[object] = []

    with transaction.atomic():
        Order.objects.filter(pk=orders[1].pk).update(customer="being edited")
        in_thread(swept, done, rules).join(DEADLINE)

        assert done == [None, True]
    assert stored("status") == ["open"] * 3


@RULED_OR_NOT
def test_a_sweep_leaves_the_patience_of_its_transaction_as_it_was(in_thread, rules):
    make_orders(3)
    done: list[object] = []

    in_thread(swept, done, rules).join(DEADLINE)

    assert done == [Window(3, None), True]


def test_what_is_free_of_a_window_is_closed_and_the_oldest_held_one_named(in_thread):
    orders = make_orders(3)
    done: list[object] = []

    with transaction.atomic():
        Order.objects.filter(pk=orders[1].pk).update(customer="being edited")
        in_thread(lambda: done.append(close_free(Wanted(NOON, 7), BEGINNING, 10))).join(DEADLINE)

    assert done == [Window(2, None, orders[1].pk)]


def test_a_walk_goes_on_past_what_is_held_and_comes_back_to_it(in_thread):
    """More than one window long, so that a sweep meets the order too."""
    orders = sorted(make_orders(40), key=lambda order: (order.placed_at, order.pk))
    done: list[int] = []

    def close():
        done.extend(step.closed for step in close_old_orders(NOON, run_id=7, batch=5))

    with transaction.atomic():
        Order.objects.filter(pk=orders[20].pk).update(customer="being edited")
        closing = in_thread(close)
        wait_until(lambda: sum(done) == 39)
    closing.join(DEADLINE)

    assert sum(done) == 40
    assert set(stored("status", "closed_by_run")) == {("closed", 7)}
