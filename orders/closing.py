"""Closing old orders, in bounded batches."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from orders.models import Order

BATCH = 1000  # orders


class Closing(NamedTuple):
    """What one batch did: orders past the limit that it looked at, and those it closed."""

    examined: int
    closed: int


def close_old_orders(before: datetime, run_id: int, batch: int = BATCH) -> Iterator[Closing]:
    """Close the open orders placed before `before`, oldest first, reporting after each batch.

    Each step is two short statements in one transaction, the caller's if it has one. Safe to break
    off, to repeat and to run twice at once: an order is closed, and counted, by one of them. An
    order that somebody is editing is waited for, at the end and one at a time, and then judged as
    it was left.
    """
    while (done := close_batch(before, run_id, batch)) is not None:
        yield done


def close_batch(before: datetime, run_id: int, batch: int) -> Closing | None:
    """Take one step; None when there is nothing left to close."""
    with transaction.atomic(savepoint=False):
        claimed = claim(before, batch)
        if not claimed:
            oldest = Order.objects.closable(before).values_list("pk", flat=True).first()
            if oldest is None:
                return None
            claimed = wait_for(oldest, before)
        closed = Order.objects.filter(pk__in=claimed).close(run_id)
        return Closing(examined=len(claimed), closed=closed)


def claim(before: datetime, batch: int) -> list[int]:
    """Lock the oldest orders to close that nobody else holds; return their keys."""
    free = Order.objects.closable(before).select_for_update(skip_locked=True)
    return list(free.values_list("pk", flat=True)[:batch])


def wait_for(order: int, before: datetime) -> list[int]:
    """Lock one order when its holder is done; return its key if it is still to be closed then.

    Who waits for one lock and holds none cannot be part of a deadlock.
    """
    held = Order.objects.closable(before).filter(pk=order).select_for_update()
    return list(held.values_list("pk", flat=True))
