"""What people do to orders past their runs: change one, close or reopen some, let runs close them again.

All of it notes first which run had closed an order, under the order's lock: see `LaterChange`.
"""

from collections.abc import Collection
from typing import NamedTuple

from django.db import transaction

from orders.models import LaterChange, Order, OrderQuerySet


class Done(NamedTuple):
    """How many orders were changed, were such that there was nothing to do, and were held by others."""

    changed: int
    others: int
    busy: int


@transaction.atomic
def save_change(order: Order, changed: Collection[str]) -> None:
    """Save the columns that a person changed and no other: a run may have closed the order meanwhile."""
    columns = [name for name in changed if name != "status"]
    stored = Order.objects.select_for_update().filter(pk=order.pk)
    status = stored.values_list("status", flat=True).first()
    if "status" in changed:
        columns += order.change_status_by_hand(status)
    elif "kept_open" in columns and status not in Order.KEEPABLE:
        # It was closed since the form was shown: there is nothing to keep.
        columns.remove("kept_open")
    if columns:
        LaterChange.objects.note(stored, LaterChange.Reason.HAND)
        order.save(update_fields=columns)


@transaction.atomic
def close(orders: OrderQuerySet) -> Done:
    """Close those of these orders that are open or fulfilled, by no run.

    Waits for nobody, as `reopen` does. To reopen one gives it back the status that it has now.
    """
    due = orders.filter(status__in=Order.KEEPABLE)
    asked, wanted = orders.count(), due.count()
    changed = 0
    for order in Order.objects.filter(pk__in=due.claim()):
        before, order.status = order.status, Order.Status.CLOSED
        order.save(update_fields=order.change_status_by_hand(before))
        changed += 1
    return Done(changed, asked - wanted, max(0, wanted - changed))


@transaction.atomic
def reopen(orders: OrderQuerySet) -> Done:
    """Reopen those of these orders that are closed, and have runs pass over them until told otherwise.

    Each has the status again that it was closed in, where that is known, and else is open. Waits for
    nobody: what somebody else holds is left as it is and counted.
    """
    closed = orders.filter(status=Order.Status.CLOSED)
    asked, due = orders.count(), closed.count()
    claimed = Order.objects.filter(pk__in=closed.claim())
    LaterChange.objects.note(claimed, LaterChange.Reason.HAND)
    changed = 0
    for order in claimed:
        # One by one, for the audit log is told of each.
        order.status = order.closed_from or Order.Status.OPEN
        order.save(update_fields=order.change_status_by_hand(Order.Status.CLOSED))
        changed += 1
    return Done(changed, asked - due, max(0, due - changed))


@transaction.atomic
def release(orders: OrderQuerySet) -> Done:
    """Let runs close those of these orders again that were kept open."""
    kept = orders.filter(kept_open=True)
    asked, due = orders.count(), kept.count()
    changed = 0
    for order in Order.objects.filter(pk__in=kept.claim()):
        order.kept_open = False
        order.save(update_fields=["kept_open"])
        changed += 1
    return Done(changed, asked - due, max(0, due - changed))
