"""Closing old orders, in bounded batches."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from orders.models import Order
from orders.pace import Pace
from orders.windows import BEGINNING, Window, close_free, sweep

BATCH = 1000  # orders


class Closing(NamedTuple):
    """What one batch did: orders past the limit that it looked at, and those it closed."""

    examined: int
    closed: int
    #: Whether nothing was left after it; else one finds out by asking for the next.
    is_last: bool = False


def close_old_orders(before: datetime, run_id: int, batch: int = BATCH) -> Iterator[Closing]:
    """Close the open orders placed before `before`, oldest first, reporting after each batch.

    Each step is one transaction, the caller's if it has one, of one statement for a few orders.
    `batch` is the size of the first; the others are as large as lets nobody wait long for one of
    theirs. Safe to break off, to repeat and to run twice at once: an order is closed, and counted,
    by one of them. An order that somebody is editing is waited for, at the end and one at a time,
    and then judged as it was left.
    """
    walk = Walk(before, run_id, batch)
    while (done := walk.step()) is not None:
        yield done
        if done.is_last:
            return
        walk.pace.end()


class Walk:
    """Goes through what is to close, oldest first, again and again until nothing is left."""

    def __init__(self, before: datetime, run_id: int, batch: int) -> None:
        self.before, self.run_id = before, run_id
        self.batch, self.pace = batch, Pace(batch)
        self.begin_again()

    def begin_again(self) -> None:
        self.place, self.closed = BEGINNING, 0
        #: The oldest that was passed over, since somebody had it.
        self.held: int | None = None

    def step(self) -> Closing | None:
        """Take one step; None when there is nothing left to close."""
        self.pace.begin()
        is_whole = self.place == BEGINNING
        with transaction.atomic(savepoint=False):
            window = self.next_window()
            self.closed += window.closed
            self.held = self.held or window.held
            if window.end:
                self.place = window.end
                return Closing(window.closed, window.closed)
            if self.held and not self.closed:
                return self.close_held(self.held)
        is_last = is_whole and not self.held
        self.begin_again()
        return (
            None
            if is_last and not window.closed
            else Closing(window.closed, window.closed, is_last)
        )

    def next_window(self) -> Window:
        """Close what is free of the next window. The first with care, for most runs close but a few."""
        swept = None
        if self.place != BEGINNING:
            swept = sweep(self.before, self.run_id, self.place, self.pace.size)
        if swept is not None:
            return swept
        self.pace.size = min(self.pace.size, self.batch)
        return close_free(self.before, self.run_id, self.place, self.pace.size)

    def close_held(self, order: int) -> Closing:
        """Close one order that somebody else had, as soon as it is free."""
        claimed = wait_for(order, self.before)
        closed = Order.objects.filter(pk__in=claimed).close(self.run_id)
        self.begin_again()
        return Closing(examined=len(claimed), closed=closed)


def wait_for(order: int, before: datetime) -> list[int]:
    """Lock one order when its holder is done; return its key if it is still to be closed then.

    Who waits for one lock and holds none cannot be part of a deadlock.
    """
    held = Order.objects.closable(before).filter(pk=order).select_for_update()
    return list(held.values_list("pk", flat=True))
