"""What a run would close: the preview that the closing task offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count, F, Func, IntegerField, Q, Value
from django.utils.translation import gettext_lazy as _

from orders.days import midnight
from orders.models import Order, OrderQuerySet
from orders.reports import totals
from orders.tenant import tenant_zone

SAMPLE = 5  # orders
DAYS = 30


class Sum(NamedTuple):
    currency: str
    number: int
    total: Decimal


class Day(NamedTuple):
    """A day on the tenant's calendar, and how many orders a run would have closed on it."""

    day: date
    number: int


class Example(NamedTuple):
    """An order that would be closed."""

    instance: Order

    @property
    def cells(self) -> tuple[Any, ...]:
        order = self.instance
        return (order.number, order.customer, order.placed_at, f"{order.total} {order.currency}")


class Effect(NamedTuple):
    """What a run would close at one instant: how many orders, their sums, and the oldest of them."""

    number: int
    sums: Sequence[Sum]
    sample: Sequence[Example]


class ClosingPreview:
    """What closing orders of an age would do now, and would have done on each of the last days."""

    what = _("Orders it would close")
    headings = (_("number"), _("customer"), _("placed at"), _("total"))

    def now(self, parameters: Mapping[str, Any], at: datetime) -> Effect:
        """Return what a run of the slot `at` would close."""
        closable = Order.objects.closable(at - age(parameters))
        sums = [Sum(currency, *rest) for currency, rest in sorted(totals(closable).items())]
        sample = [Example(order) for order in closable[:SAMPLE]] if sums else []
        return Effect(sum(one.number for one in sums), sums, sample)

    def days(self, parameters: Mapping[str, Any], at: datetime) -> list[Day]:
        """Return what crossed the age on each day up to `at`, of what was open then; oldest day first.

        Of an order only the last change of its status is known: one that changed after it had come of
        age is taken for open until then.
        """
        zone, span = tenant_zone(), age(parameters)
        today = at.astimezone(zone).date()
        days = [today - timedelta(days=ago) for ago in reversed(range(DAYS))]
        begins = [midnight(day, zone) - span for day in days]
        came_of_age = Order.objects.placed_within(begins[0], at - span)
        counts = by_bucket(open_when_of_age(came_of_age, span), begins)
        return [Day(day, counts.get(number, 0)) for number, day in enumerate(days, start=1)]


def age(parameters: Mapping[str, Any]) -> timedelta:
    return timedelta(days=parameters["days"])


def open_when_of_age(orders: OrderQuerySet, span: timedelta) -> OrderQuerySet:
    """Those that a run may close still, or that changed only after they had come of age."""
    is_closable = Q(status=Order.Status.OPEN, kept_open=False)
    return orders.filter(is_closable | Q(status_changed_at__gte=F("placed_at") + span))


def by_bucket(orders: OrderQuerySet, begins: list[datetime]) -> dict[int, int]:
    """Count orders by the number, from 1, of the last of these instants before they were placed."""
    number = Func(
        F("placed_at"), Value(begins), function="width_bucket", output_field=IntegerField()
    )
    rows = orders.order_by().annotate(bucket=number).values_list("bucket").annotate(Count("pk"))
    return dict(rows)
