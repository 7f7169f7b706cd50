"""What closing would do now, and what it would have done on the last days."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django_tenants.utils import tenant_context

from orders.closing import close_old_orders
from orders.effect import ClosingPreview, Effect
from orders.models import Order
from tests.conftest import NOON
from tests.orders.builders import make_order, make_orders

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
AGE = {"days": 30}
PREVIEW = ClosingPreview()

pytestmark = pytest.mark.usefixtures("in_acme")


def of_age(number, at, **fields):
    """Make an order that comes of the age of 30 days at an instant."""
    given = {"status_changed_at": at - 30 * DAY} | fields
    return make_order(number, placed_at=at - 30 * DAY, **given)


def days(at=NOON):
    """The days on which something would have been closed."""
    return [(day.day, day.number) for day in PREVIEW.days(AGE, at) if day.number]


def test_what_it_says_is_what_a_run_at_that_instant_closes(globex):
    with tenant_context(globex):
        of_age("B1", NOON - DAY)
    of_age("old", NOON - SECOND)
    of_age("kept", NOON - SECOND, kept_open=True)
    of_age("just not", NOON)
    of_age("fulfilled", NOON - DAY, status="fulfilled")

    effect = PREVIEW.now(AGE, NOON)

    assert [example.cells[0] for example in effect.sample] == ["old"]
    closed = sum(step.closed for step in close_old_orders(NOON - 30 * DAY, 7))
    assert effect.number == closed == 1


def test_sums_are_told_by_currency():
    for number, (currency, total) in enumerate((("EUR", 1), ("USD", 5), ("EUR", 2))):
        of_age(str(number), NOON - DAY, currency=currency, total=total)

    effect = PREVIEW.now(AGE, NOON)

    assert effect.sums == [("EUR", 2, Decimal(3)), ("USD", 1, Decimal(5))]


def test_the_sample_is_of_the_oldest():
    for ago in range(1, 9):
        of_age(f"A{ago}", NOON - ago * DAY)

    sample = PREVIEW.now(AGE, NOON).sample

    assert [example.cells[0] for example in sample] == ["A8", "A7", "A6", "A5", "A4"]


def test_nothing_to_close_is_said_as_nothing():
    make_orders(2)

    assert PREVIEW.now(AGE, NOON) == Effect(0, [], [])
    assert days() == []


def test_thirty_days_are_told_the_last_of_them_today():
    told = PREVIEW.days(AGE, NOON)

    assert [day.day for day in told] == [
        date(2026, 11, 22) - timedelta(days=ago) for ago in reversed(range(30))
    ]


def test_days_begin_at_the_tenants_midnight():
    """In Berlin, 23:00 in UTC."""
    midnight = NOON.replace(hour=23) - DAY
    of_age("yesterday", midnight - SECOND)
    of_age("today", midnight)

    assert days() == [(date(2026, 11, 21), 1), (date(2026, 11, 22), 1)]


def test_the_day_on_which_the_clocks_change_is_a_day():
    """25 October 2026 has 25 hours in Berlin: from 22:00 to 23:00 in UTC."""
    first = NOON.replace(month=10, day=24, hour=22)
    for number, at in enumerate((first, first + timedelta(hours=25) - SECOND)):
        of_age(str(number), at)

    assert days() == [(date(2026, 10, 25), 2)]


def test_only_what_came_of_age_within_the_days_is_told():
    first = NOON.replace(month=10, day=23, hour=22)
    for number, at in enumerate((first - SECOND, first, NOON - SECOND, NOON)):
        of_age(str(number), at)

    assert days() == [(date(2026, 10, 24), 1), (date(2026, 11, 22), 1)]


@pytest.mark.parametrize("status", ["closed", "fulfilled", "cancelled"])
def test_of_what_is_open_no_more_that_counts_which_was_when_it_came_of_age(status):
    at = NOON - 2 * DAY
    of_age("before", at, status=status, status_changed_at=at - SECOND)
    of_age("after", at, status=status, status_changed_at=at)

    assert days() == [(date(2026, 11, 20), 1)]


def test_what_was_closed_and_is_kept_open_since_would_have_been_closed():
    at = NOON - 2 * DAY
    of_age("reopened", at)
    of_age("kept before", at, kept_open=True)
    Order.objects.filter(number="reopened").close(7)
    Order.objects.filter(number="reopened").reopen()

    assert days() == [(date(2026, 11, 20), 1)]


@pytest.mark.parametrize("age", [1, 36500])
def test_any_age_that_can_be_chosen_has_an_answer(age):
    assert PREVIEW.now({"days": age}, NOON).number == 0
    assert len(PREVIEW.days({"days": age}, NOON)) == 30
