"""Closing while others are at the same orders, on connections of their own."""

import threading

import pytest
from django.db import transaction

from orders.closing import Closing, close_old_orders
from orders.models import Order
from tests.conftest import NOON
from tests.orders.builders import make_order, make_orders, stored
from tests.waiting import DEADLINE, wait_until_somebody_waits_for_a_lock

pytestmark = pytest.mark.usefixtures("committed")


def test_two_closings_at_once_close_and_count_each_order_once(in_thread):
    make_orders(300)
    together = threading.Barrier(2)
    done: list[tuple[int, Closing]] = []

    def close(run_id):
        together.wait(DEADLINE)
        done.extend((run_id, step) for step in close_old_orders(NOON, run_id, batch=7))

    threads = [in_thread(close, run_id) for run_id in (1, 2)]
    for thread in threads:
        thread.join(DEADLINE)

    assert set(stored("status")) == {"closed"}
    for run_id in (1, 2):
        counted = sum(step.closed for run, step in done if run == run_id)
        assert counted == Order.objects.filter(closed_by_run=run_id).count()
    assert sum(step.examined for _, step in done) == 300


def test_a_closing_passes_over_what_another_holds(in_thread):
    make_orders(4)
    first = close_old_orders(NOON, run_id=1, batch=2)

    with transaction.atomic():
        next(first)
        other = close_old_orders(NOON, run_id=2, batch=2)
        second = in_thread(lambda: [next(other), next(other)])
        second.join(DEADLINE)

    assert sorted(stored("closed_by_run")) == [1, 1, 2, 2]


@pytest.mark.parametrize(
    ("edit", "status", "counted"),
    [
        ({"customer": "renamed"}, "closed", 1),
        ({"status": "fulfilled"}, "fulfilled", 0),
        ({"placed_at": NOON}, "open", 0),
    ],
)
def test_an_order_that_is_being_edited_is_judged_as_it_was_left(in_thread, edit, status, counted):
    make_order()
    done: list[Closing] = []

    with transaction.atomic():
        Order.objects.update(**edit)
        closing = in_thread(lambda: done.extend(close_old_orders(NOON, run_id=1)))
        wait_until_somebody_waits_for_a_lock()
    closing.join(DEADLINE)

    assert stored("status") == [status]
    assert sum(step.closed for step in done) == counted == sum(step.examined for step in done)


def test_an_edit_that_is_taken_back_leaves_the_order_to_be_closed(in_thread):
    make_order()

    with transaction.atomic():
        Order.objects.update(status="fulfilled")
        closing = in_thread(lambda: list(close_old_orders(NOON, run_id=1)))
        wait_until_somebody_waits_for_a_lock()
        transaction.set_rollback(True)
    closing.join(DEADLINE)

    assert stored("status", "closed_by_run") == [("closed", 1)]
