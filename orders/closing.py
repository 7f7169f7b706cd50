"""Closing old orders, in bounded batches."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction

from orders.closing_rules import ClosingRules
from orders.holidays import HOLIDAY_TEXT
from orders.models import Order
from orders.pace import Pace
from orders.windows import BEGINNING, Wanted, Window, close_free, sweep

BATCH = 1000  # orders


class Closing(NamedTuple):
    """What one batch did: orders past the limit that it looked at, and those it closed."""

    examined: int
    closed: int
    #: Whether nothing was left after it; else one finds out by asking for the next.
    is_last: bool = False
    #: Why nothing was closed, nor will be, though something may be old enough.
    skipped: str = ""


def close_old_orders(
    before: datetime, run_id: int, batch: int = BATCH, day: date | None = None
) -> Iterator[Closing]:
    """Close the orders placed before `before` that the tenant's rules name, reporting after each batch.

    Each step is one transaction, the caller's if it has one, of one statement for a few orders, by
    the rules as they are then. `batch` is the size of the first; the others are as large as lets
    nobody wait long for one of theirs. Of each status the oldest are closed first. If `day` is a
    holiday, none is. Safe to break off, to repeat and to run twice at once: an order is closed, and
    counted, by one of them. An order that somebody is editing is waited for, at the end and one at a
    time, and then judged as it was left.
    """
    walk = Walk(before, run_id, batch, day)
    while (done := walk.step()) is not None:
        yield done
        if done.is_last:
            return
        walk.pace.end()


class Walk:
    """Goes through what is to close, oldest first, again and again until nothing is left."""

    def __init__(self, before: datetime, run_id: int, batch: int, day: date | None) -> None:
        #: Which orders: of one status at a time, by the rules that hold.
        self.wanted = Wanted(before, run_id)
        self.batch, self.pace, self.day = batch, Pace(batch), day
        #: Whether the tenant has rules, which are then asked for before each step.
        self.is_ruled = False
        #: Statuses of which nothing is left.
        self.finished: set[str] = set()
        self.begin_again()

    def begin_again(self) -> None:
        self.place, self.closed = BEGINNING, 0
        #: The oldest that was passed over, since somebody had it.
        self.held: int | None = None

    def step(self) -> Closing | None:
        """Take one step; None when there is nothing left to close."""
        self.pace.begin()
        with transaction.atomic(savepoint=False):
            while True:
                if self.is_ruled:
                    rules = ClosingRules.stored(self.day)
                    if rules and rules.holiday is not None and self.day:
                        return Closing(0, 0, is_last=True, skipped=HOLIDAY_TEXT)
                    if not self.turn_to(rules):
                        return None
                done, is_refused = self.step_by_rules()
                if not is_refused:
                    return done
                self.is_ruled = True

    def turn_to(self, rules: ClosingRules | None) -> bool:
        """Take up the rules, and the first status of which something may be left; False if none is."""
        left = [status for status in statuses_of(rules) if status not in self.finished]
        if left and left[0] != self.wanted.status:
            self.begin_again()
        self.is_ruled = rules is not None
        self.wanted = self.wanted._replace(rules=rules, status=left[0] if left else "")
        return bool(left)

    def step_by_rules(self) -> tuple[Closing | None, bool]:
        """Take a step by the rules that are known; true beside it if there are others."""
        is_whole = self.place == BEGINNING
        window = self.next_window()
        if window.is_ruled:
            return None, True
        self.closed += window.closed
        self.held = self.held or window.held
        if window.end:
            self.place = window.end
            return Closing(window.closed, window.closed), False
        if self.held and not self.closed:
            return self.close_held(self.held), False
        return self.pass_ended(window, is_whole and not self.held), False

    def pass_ended(self, window: Window, is_last: bool) -> Closing | None:
        """Come to the end of what there was: with `is_last` nothing is left of this status."""
        self.begin_again()
        if is_last:
            self.finished.add(self.wanted.status)
            is_last = self.finished.issuperset(statuses_of(self.wanted.rules))
        if is_last and not window.closed:
            return None
        return Closing(window.closed, window.closed, is_last)

    def next_window(self) -> Window:
        """Close what is free of the next window. The first with care, for most runs close but a few."""
        swept = None
        if self.place != BEGINNING:
            swept = sweep(self.wanted, self.place, self.pace.size)
        if swept is not None:
            return swept
        self.pace.size = min(self.pace.size, self.batch)
        return close_free(self.wanted, self.place, self.pace.size)

    def close_held(self, order: int) -> Closing:
        """Close one order that somebody else had, as soon as it is free."""
        claimed = wait_for(order, self.wanted)
        closed = Order.objects.filter(pk__in=claimed).close(self.wanted.run_id)
        self.begin_again()
        return Closing(examined=len(claimed), closed=closed)


def statuses_of(rules: ClosingRules | None) -> list[str]:
    return rules.statuses if rules else [Order.Status.OPEN]


def wait_for(order: int, wanted: Wanted) -> list[int]:
    """Lock one order when its holder is done; return its key if it is still to be closed then.

    Who waits for one lock and holds none cannot be part of a deadlock.
    """
    rules = wanted.rules or ClosingRules()
    closable = Order.objects.closable(wanted.before, rules, wanted.status)
    held = closable.filter(pk=order).select_for_update()
    return list(held.values_list("pk", flat=True))
