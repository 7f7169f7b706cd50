"""Closing while somebody changes the rules, on connections of their own."""

import time

import pytest
from django.db import transaction
from django.db.models.functions import Now

from orders.closing import close_old_orders
from orders.models import ClosingRules, Holiday, Order
from tests.conftest import NOON
from tests.orders.builders import make_order, make_orders, stored
from tests.waiting import DEADLINE, wait_until, wait_until_somebody_waits_for_a_lock


@pytest.fixture(autouse=True)
def no_rules(committed):
    yield
    Holiday.objects.all().delete()
    ClosingRules.objects.all().delete()


def store(**fields):
    ClosingRules(pk=1, currency="EUR", **fields).save()


def test_rules_that_are_not_committed_hold_nobody_up_and_do_not_count(in_thread):
    make_orders(20)

    with transaction.atomic():
        store(least_total=99)
        in_thread(lambda: list(close_old_orders(NOON, 7, batch=3))).join(DEADLINE)
        assert set(stored("status")) == {"closed"}


def test_after_rules_are_committed_no_step_closes_what_they_keep(in_thread):
    for number in range(300):
        make_order(f"A{number}", total=number % 2)

    def close_slowly():
        for _step in close_old_orders(NOON, 7, batch=1):
            time.sleep(0.002)

    closing = in_thread(close_slowly)
    wait_until(Order.objects.filter(status="closed").exists)
    store(least_total=1)
    committed_at = Order.objects.values_list(Now(), flat=True)[0]
    closing.join(DEADLINE)

    kept = Order.objects.filter(total=0)
    assert kept.filter(status="open").exists()
    assert not kept.filter(closed_at__gt=committed_at).exists()
    assert set(Order.objects.filter(total=1).values_list("status", flat=True)) == {"closed"}


def test_two_closings_by_rules_close_and_count_each_order_once(in_thread):
    store(closes_fulfilled=True, never_closed="Ann")
    for number in range(200):
        status = ("open", "fulfilled")[number % 2]
        make_order(f"A{number}", status=status, customer="ann" if number % 10 == 0 else "")
    done: list[tuple[int, int]] = []

    def close(run_id):
        done.extend((run_id, step.closed) for step in close_old_orders(NOON, run_id, batch=7))

    for thread in [in_thread(close, run_id) for run_id in (1, 2)]:
        thread.join(DEADLINE)

    assert sum(number for _run, number in done) == 180
    for run_id in (1, 2):
        counted = sum(number for run, number in done if run == run_id)
        assert counted == Order.objects.filter(closed_by_run=run_id).count()


def test_an_order_that_is_edited_out_of_the_rules_meanwhile_is_left(in_thread):
    store(closes_fulfilled=True, never_closed="Ann")
    order = make_order(status="fulfilled")

    with transaction.atomic():
        Order.objects.filter(pk=order.pk).update(customer="ANN")
        closing = in_thread(lambda: list(close_old_orders(NOON, 7)))
        wait_until_somebody_waits_for_a_lock()
    closing.join(DEADLINE)

    assert stored("status") == ["fulfilled"]
