"""What a run closed, listed and taken back: the hook that the closing task offers."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orders.models import LaterChange, Order
from orders.pace import Pace

BATCH = 1000  # orders
#: How long orders that somebody is editing are asked for again, after all others are reopened.
PATIENCE_SECONDS, PAUSE_SECONDS = 1.0, 0.05


class Reopening(NamedTuple):
    """What one step did: orders it reopened, and in the last step those that somebody still held."""

    done: int
    busy: int = 0


class Trace(NamedTuple):
    """An order that a run closed, and what became of it since."""

    key: int
    order: Order | None
    change: LaterChange | None

    @property
    def instance(self) -> Order | None:
        return self.order

    @property
    def cells(self) -> tuple[Any, ...]:
        if self.order is None:
            return (self.key, "", "", "", "")
        order = self.order
        status = order.get_status_display()
        return (order.number, order.customer, order.placed_at, order.amount, status)

    @property
    def note(self) -> str | Promise:
        """What was done to it since, and by what; empty if it is as the run left it."""
        if self.change:
            return self.change.get_reason_display()
        return "" if self.order and self.order.status == Order.Status.CLOSED else _("changed")

    @property
    def at(self) -> Any:
        return self.change.at if self.change else None


class ClosingUndo:
    """Reopens what a run closed, but for what was changed since."""

    verb = _("Reopen its orders")
    headings = (_("number"), _("customer"), _("placed at"), _("total"), _("status"))

    def traces(self, run_id: int, after: int, size: int, only_changed: bool = False) -> list[Trace]:
        """Return the first so many orders that a run closed with a key above `after`, by key.

        With `only_changed` those that an undo passes over.
        """
        noted = LaterChange.objects.filter(run_id=run_id, order_id__gt=after)
        if only_changed:
            noted = noted.exclude(reason=LaterChange.Reason.UNDO)
        changes = {change.order_id: change for change in noted.order_by("order_id")[:size]}
        keys = set(changes)
        if not only_changed:
            closed = Order.objects.filter(closed_by_run=run_id, pk__gt=after)
            keys.update(closed.order_by("pk").values_list("pk", flat=True)[:size])
        shown = sorted(keys)[:size]
        orders = Order.objects.in_bulk(shown)
        return [Trace(key, orders.get(key), changes.get(key)) for key in shown]

    def take_back(self, run_id: int, batch: int = BATCH) -> Iterator[Reopening]:
        """Reopen what the run closed and nobody changed since, oldest key first, step by step.

        Each step is one transaction, the caller's if it has one, and waits for nobody. What somebody
        holds is asked for again at the end, for a second, and judged as it was left. Safe to break
        off, to repeat and to do twice at once: an order is reopened, and counted, by one of them.
        """
        pace, place, held = Pace(batch), 0, []
        while True:
            pace.begin()
            keys = closed_after(run_id, place, pace.size)
            if not keys:
                break
            done = reopen(run_id, keys)
            held += done.held
            place = keys[-1]
            yield Reopening(done.reopened)
            pace.end()
        yield from self.wait_for(run_id, held)

    def wait_for(self, run_id: int, held: list[int]) -> Iterator[Reopening]:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while held and time.monotonic() < deadline:
            time.sleep(PAUSE_SECONDS)
            done = reopen(run_id, held)
            held = done.held
            yield Reopening(done.reopened)
        yield Reopening(0, busy=len(held))

    def forget(self, run_ids: Collection[int]) -> None:
        """Forget what only the pages of these runs show; the runs themselves are forgotten."""
        LaterChange.objects.filter(run_id__in=run_ids).delete()


class Batch(NamedTuple):
    reopened: int
    held: list[int]


def closed_after(run_id: int, place: int, size: int) -> list[int]:
    closed = Order.objects.closed_by(run_id).filter(pk__gt=place).order_by("pk")
    return list(closed.values_list("pk", flat=True)[:size])


@transaction.atomic(savepoint=False)
def reopen(run_id: int, keys: list[int]) -> Batch:
    """Reopen those of these orders that are as the run left them and that nobody holds."""
    left = Order.objects.closed_by(run_id).filter(pk__in=keys)
    claimed = left.claim()
    held = left.exclude(pk__in=claimed).values_list("pk", flat=True) if claimed != keys else ()
    return Batch(reopen_claimed(run_id, claimed), list(held))


def reopen_claimed(run_id: int, claimed: list[int]) -> int:
    """Reopen those of these locked orders of which no change is noted; return how many.

    In a statement after the one that locked them: who held an order until then may have noted a
    change, which that one could not see. The ORM would need three, and each order in memory.
    """
    with connection.cursor() as cursor:
        cursor.execute(REOPEN, {"run": run_id, "claimed": claimed})
        return int(cursor.fetchone()[0])


REOPEN = """
WITH wanted AS MATERIALIZED (
    SELECT id FROM unnest(%(claimed)s::bigint[]) AS claimed (id) WHERE NOT EXISTS (
        SELECT FROM orders_laterchange WHERE run_id = %(run)s AND order_id = claimed.id)
), noted AS (
    INSERT INTO orders_laterchange (run_id, order_id, reason)
    SELECT %(run)s, id, 'undo' FROM wanted
), done AS (
    UPDATE orders_order
    SET status = coalesce(closed_from, 'open'), status_changed_at = statement_timestamp(),
        closed_at = NULL, closed_by_run = NULL, closed_from = NULL, kept_open = true
    WHERE id = ANY (ARRAY(SELECT id FROM wanted))
    RETURNING 1
)
SELECT count(*) FROM done
"""
