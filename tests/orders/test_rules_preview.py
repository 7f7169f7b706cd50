"""What is said to be closed by a tenant's rules, and what a run then closes."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orders.effect import ClosingPreview
from orders.models import Holiday, Order
from orders.tasks import auto_close_old_orders
from tests.conftest import NOON
from tests.orders.builders import make_order
from tests.orders.test_closing_rules import DAY, SUNDAY, holiday, rule

PREVIEW = ClosingPreview()

pytestmark = pytest.mark.usefixtures("in_acme")

CUSTOMERS = ("", "Ann", "ann ", "BOB", "Zoe")
ORDERS = st.lists(
    st.tuples(
        st.sampled_from(("open", "fulfilled", "closed", "cancelled")),
        st.sampled_from(CUSTOMERS),
        st.integers(0, 4),
        st.sampled_from(("EUR", "USD")),
        st.sampled_from((-1, 0, 1)),
        st.booleans(),
    ),
    max_size=8,
)
BOUND = st.none() | st.integers(0, 4).map(Decimal)
RULES: Any = st.none() | st.builds(
    dict,
    closes=st.sampled_from(((True, False), (False, True), (True, True))),
    bounds=st.tuples(BOUND, BOUND).filter(lambda two: None in two or two[0] <= two[1]),
    currency=st.sampled_from(("EUR", "USD", "CHF")),
    names=st.lists(st.sampled_from(("ann", " bob", "Nobody", "")), max_size=3),
    holidays=st.lists(st.sampled_from((0, 1, -1)), max_size=2, unique=True),
)


def make_random(orders, rules):
    for number, (status, customer, total, currency, offset, is_kept) in enumerate(orders):
        make_order(
            f"A{number}",
            status=status,
            customer=customer,
            total=total,
            currency=currency,
            placed_at=NOON - 30 * DAY + offset * timedelta(seconds=1),
            kept_open=is_kept and status in Order.KEEPABLE,
        )
    if rules:
        (closes_open, closes_fulfilled), (least, greatest) = rules["closes"], rules["bounds"]
        rule(
            closes_open=closes_open,
            closes_fulfilled=closes_fulfilled,
            least_total=least,
            greatest_total=greatest,
            currency=rules["currency"],
            never_closed="\n".join(rules["names"]),
        )
        for offset in rules["holidays"]:
            Holiday.objects.create(day=SUNDAY + offset * DAY)


@given(orders=ORDERS, rules=RULES)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_what_the_preview_says_is_what_a_run_then_closes(orders, rules):
    with transaction.atomic():
        make_random(orders, rules)
        said = PREVIEW.now({"days": 30}, NOON)
        open_before = set(Order.objects.exclude(status="closed").values_list("number", flat=True))

        is_holiday = Holiday.objects.on(SUNDAY).exists()
        assert is_holiday == said.note.startswith("Nothing is closed on")

        steps = list(auto_close_old_orders.run(slot=NOON, run_id=7))

        done = Order.objects.filter(closed_by_run=7)
        assert said.number == sum(step.closed for step in steps) == done.count()
        assert is_holiday == any(step.skipped for step in steps)
        assert {one.currency for one in said.sums} == set(done.values_list("currency", flat=True))
        assert sum(one.total for one in said.sums) == sum(done.values_list("total", flat=True))
        shown = {example.instance.number for example in said.sample}
        assert shown <= set(done.values_list("number", flat=True)) <= open_before
        transaction.set_rollback(True)


def test_the_preview_says_the_rules_where_there_are_any():
    assert PREVIEW.now({"days": 30}, NOON).note == ""

    rule(closes_fulfilled=True, greatest_total=5, currency="EUR")

    assert PREVIEW.now({"days": 30}, NOON).note == (
        "A run closes old orders that are open or fulfilled. Only orders of 5.00 EUR or less are "
        "closed. Orders in any other currency than EUR are left alone."
    )


def of_age(number, at, **fields):
    return make_order(
        number, placed_at=at - 30 * DAY, **{"status_changed_at": at - 30 * DAY} | fields
    )


def days(at=NOON):
    told = PREVIEW.days({"days": 30}, at)
    return [(day.day, day.number) for day in told if day.number or day.note]


def test_days_follow_the_rules(globex):
    rule(
        closes_open=False, closes_fulfilled=True, least_total=5, currency="EUR", never_closed="Ann"
    )
    at = NOON - 2 * DAY
    of_age("fulfilled", at, status="fulfilled")
    of_age("open", at)
    of_age("small", at, status="fulfilled", total=1)
    of_age("named", at, status="fulfilled", customer="ANN")
    of_age("was fulfilled", at, status="closed", closed_from="fulfilled", status_changed_at=at)
    of_age("was open", at, status="closed", status_changed_at=at)
    of_age("undone", at, status="fulfilled", kept_open=True, status_changed_at=at + DAY)

    assert days() == [(date(2026, 11, 20), 3)]


def test_what_comes_of_age_on_holidays_is_left_for_the_day_after_them():
    for day in (SUNDAY - 3 * DAY, SUNDAY - 2 * DAY):
        holiday(day)
    for ago in range(4):
        of_age(f"A{ago}", NOON - ago * DAY - timedelta(seconds=1))

    assert days() == [
        (date(2026, 11, 19), 0),
        (date(2026, 11, 20), 0),
        (date(2026, 11, 21), 3),
        (date(2026, 11, 22), 1),
    ]


def test_what_came_of_age_on_holidays_right_before_the_first_day_counts_on_it():
    for day in (date(2026, 10, 22), date(2026, 10, 23)):
        holiday(day)
    of_age("in the holidays", NOON.replace(month=10, day=22, hour=9))
    of_age("before them", NOON.replace(month=10, day=21, hour=9))

    assert days() == [(date(2026, 10, 24), 1)]


def test_so_many_are_looked_at_and_what_is_said_is_the_least(monkeypatch):
    monkeypatch.setattr("orders.counting.count_closable.__defaults__", (3,))
    monkeypatch.setattr("orders.counting.count_days.__defaults__", (3,))
    for number in range(5):
        of_age(f"A{number}", NOON - DAY, total=number)

    effect = PREVIEW.now({"days": 30}, NOON)
    told = [(day.number, day.is_least) for day in PREVIEW.days({"days": 30}, NOON) if day.number]

    assert (effect.number, effect.is_least) == (3, True)
    assert told == [(3, True)]
