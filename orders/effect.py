"""What a run would close: the preview that the closing task offers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from orders.closing_rules import ClosingRules
from orders.counting import CameOfAge, count_closable, count_days
from orders.days import midnight
from orders.holidays import Calendar, reason_for
from orders.models import Order
from orders.rules_told import of_orders
from orders.tenant import tenant_zone

SAMPLE = 5  # orders
DAYS, YEAR_DAYS = 30, 366


class Sum(NamedTuple):
    currency: str
    number: int
    total: Decimal


class Day(NamedTuple):
    """A day on the tenant's calendar, and how many orders a run would have closed on it."""

    day: date
    number: int
    #: Whether there were too many to count: it is this number at least.
    is_least: bool = False
    note: Any = ""


class Example(NamedTuple):
    """An order that would be closed."""

    instance: Order

    @property
    def cells(self) -> tuple[Any, ...]:
        order = self.instance
        return (order.number, order.customer, order.placed_at, order.amount)


class Effect(NamedTuple):
    """What a run would close at one instant: how many orders, their sums, and the oldest of them."""

    number: int
    sums: Sequence[Sum]
    sample: Sequence[Example]
    #: Whether it would close more: these are the oldest of them.
    is_least: bool = False
    note: Any = ""


class ClosingPreview:
    """What closing orders of an age would do now, and would have done on each of the last days."""

    what = _("Orders it would close")
    headings = (_("number"), _("customer"), _("placed at"), _("total"))

    def now(self, parameters: Mapping[str, Any], at: datetime) -> Effect:
        """Return what a run of the slot `at` would close, by the tenant's rules.

        Of very many orders the oldest are looked at, and what is said of them is true of those alone.
        """
        day = at.astimezone(tenant_zone()).date()
        rules = ClosingRules.stored(day)
        if rules is None:
            return effect_of(ClosingRules(), at - age(parameters))
        if rules.holiday is not None:
            return Effect(0, [], [], note=reason_for(day, rules.holiday))
        return effect_of(rules, at - age(parameters))._replace(note=" ".join(of_orders(rules)))

    def days(self, parameters: Mapping[str, Any], at: datetime) -> list[Day]:
        """Return what crossed the age on each day up to `at`, of what was open then; oldest day first.

        Of an order only the last change of its status is known: one that changed after it had come of
        age is taken for open until then. What comes of age on a holiday is left for the next day that
        is none.
        """
        zone, span = tenant_zone(), age(parameters)
        holidays = Calendar.stored()
        today = at.astimezone(zone).date()
        days = [today - timedelta(days=ago) for ago in reversed(range(DAYS))]
        begins = [first_of(days[0], holidays), *days[1:]]
        bounds = [midnight(day, zone) - span for day in begins] + [at - span]
        return carried_over(days, count_days(ClosingRules.current(), span, bounds), holidays)


def age(parameters: Mapping[str, Any]) -> timedelta:
    return timedelta(days=parameters["days"])


def effect_of(rules: ClosingRules, limit: datetime) -> Effect:
    """Return what these rules would close of the orders placed before `limit`."""
    counted = {status: count_closable(rules, limit, status) for status in rules.statuses}
    sums = added(one.totals for one in counted.values())
    numbers = {status: one.number for status, one in counted.items()}
    return Effect(
        sum(numbers.values()),
        sums,
        [Example(order) for order in oldest(rules, limit, numbers)],
        any(one.is_least for one in counted.values()),
    )


def added(totals: Iterable[Mapping[str, tuple[int, Decimal]]]) -> list[Sum]:
    """Return numbers and amounts by currency."""
    sums: dict[str, Sum] = {}
    for one in totals:
        for currency, (number, total) in one.items():
            before = sums.get(currency, Sum(currency, 0, Decimal(0)))
            sums[currency] = Sum(currency, before.number + number, before.total + total)
    return [sums[currency] for currency in sorted(sums)]


def oldest(rules: ClosingRules, limit: datetime, numbers: Mapping[str, int]) -> list[Order]:
    """Return the oldest, asking for no more of a status than were found: Postgres would seek on."""
    found = [
        order
        for status, number in numbers.items()
        for order in Order.objects.closable(limit, rules, status)[: min(SAMPLE, number)]
    ]
    return sorted(found, key=lambda order: (order.placed_at, order.pk))[:SAMPLE]


def first_of(day: date, holidays: Calendar) -> date:
    """Return the first of the holidays right before a day; the day itself if there are none."""
    for _day in range(YEAR_DAYS):
        if day - timedelta(days=1) not in holidays:
            break
        day -= timedelta(days=1)
    return day


def carried_over(days: list[date], counts: list[CameOfAge], holidays: Calendar) -> list[Day]:
    """Return the days, with what comes of age on holidays counted on the next day that is none."""
    told: list[Day] = []
    number, is_least = 0, False
    for day, count in zip(days, counts, strict=True):
        number, is_least = number + count.number, is_least or count.is_least
        if day in holidays:
            told.append(Day(day, 0, note=_("holiday")))
        else:
            told.append(Day(day, number, is_least))
            number, is_least = 0, False
    return told
