"""Undoing a run while others are at the same orders, on connections of their own."""

import threading
from typing import Any

import pytest
from django.db import transaction

from orders import undoing
from orders.by_hand import save_change
from orders.closing import close_old_orders
from orders.models import LaterChange, Order
from orders.undoing import ClosingUndo
from tests.conftest import NOON
from tests.orders.builders import make_order, make_orders, stored

DEADLINE = 20  # seconds
UNDO = ClosingUndo()

pytestmark = pytest.mark.usefixtures("committed")


def undo_into(steps, **options):
    steps.extend(UNDO.take_back(7, **options))


def test_two_undoings_and_a_closing_at_once_reopen_each_order_once(in_thread):
    make_orders(300, status="closed", closed_by_run=7)
    together = threading.Barrier(3)
    steps: list[Any] = []
    closed: list[Any] = []

    def begin(function, *arguments, **options):
        together.wait(DEADLINE)
        function(*arguments, **options)

    threads = [in_thread(lambda: begin(undo_into, steps, batch=7)) for _ in range(2)]
    threads += [in_thread(lambda: begin(lambda: closed.extend(close_old_orders(NOON, 8, batch=5))))]
    for thread in threads:
        thread.join(DEADLINE)

    assert sum(step.done for step in steps) == 300 == LaterChange.objects.count()
    assert sum(step.closed for step in closed) == 0
    assert set(stored("status", "kept_open")) == {("open", True)}


def test_an_order_that_is_being_edited_is_judged_as_it_was_left(in_thread):
    kept, edited = make_orders(2, status="closed", closed_by_run=7)
    steps: list[Any] = []
    has_tried = threading.Event()

    def undo():
        for step in UNDO.take_back(7):
            steps.append(step)
            has_tried.set()

    with transaction.atomic():
        edited.customer = "Jones"
        save_change(edited, ["customer"])
        undoing_thread = in_thread(undo)
        assert has_tried.wait(DEADLINE)
    undoing_thread.join(DEADLINE)

    assert stored("number", "status") == [(kept.number, "open"), (edited.number, "closed")]
    assert (sum(step.done for step in steps), steps[-1].busy) == (1, 0)


def test_an_edit_that_is_committed_while_it_is_being_asked_for_is_seen(in_thread, monkeypatch):
    """The orders were chosen before the edit, and locked after it."""
    order = make_order(status="closed", closed_by_run=7)
    choose = undoing.closed_after

    def choose_and_edit(*arguments):
        keys = choose(*arguments)
        in_thread(lambda: save_change(order, ["customer"])).join(DEADLINE)
        return keys

    monkeypatch.setattr(undoing, "closed_after", choose_and_edit)
    steps = list(UNDO.take_back(7))

    assert sum(step.done for step in steps) == 0
    assert stored("status") == ["closed"]


def test_who_does_not_finish_is_not_waited_for_long(in_thread, monkeypatch):
    monkeypatch.setattr(undoing, "PATIENCE_SECONDS", 0.1)
    held, _free = make_orders(2, status="closed", closed_by_run=7)
    steps: list[Any] = []

    with transaction.atomic():
        Order.objects.filter(pk=held.pk).update(customer="being edited")
        in_thread(undo_into, steps).join(DEADLINE)

    assert (sum(step.done for step in steps), steps[-1].busy) == (1, 1)
    assert sorted(stored("status")) == ["closed", "open"]
