"""What a tenant has closed beyond the age: statuses, totals, customers and holidays."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from orders.by_hand import reopen, save_change
from orders.closing import close_old_orders
from orders.effect import ClosingPreview
from orders.holidays import HOLIDAY_TEXT
from orders.models import ClosingRules, Holiday, Order
from orders.tasks import auto_close_old_orders
from orders.undoing import ClosingUndo
from scheduling.models import Run
from scheduling.running import perform
from tests.conftest import NOON
from tests.orders.builders import HEADER, make_order, make_orders, run_import, stored
from tests.orders.test_tasks import firing_of
from tests.scheduling.builders import make_periodic_task

DAY = timedelta(days=1)
SUNDAY = date(2026, 11, 22)  # on which NOON is
PREVIEW = ClosingPreview()

pytestmark = pytest.mark.usefixtures("in_acme")


def rule(**fields):
    rules = ClosingRules(pk=ClosingRules.ONLY, **fields)
    rules.save()
    return rules


def holiday(day=SUNDAY, **fields):
    rule()
    return Holiday.objects.create(day=day, **fields)


def close(run_id=7, **options):
    return sum(step.closed for step in close_old_orders(NOON, run_id, **options))


def closed():
    return sorted(Order.objects.filter(status="closed").values_list("number", flat=True))


# Statuses ------------------------------------------------------------------------------------
def test_fulfilled_orders_are_closed_where_the_rules_say_so(globex):
    for tenant_rules in ({}, {"closes_fulfilled": True}):
        make_order(f"F{len(tenant_rules)}", status="fulfilled")
        rule(**tenant_rules)
        close()

    assert closed() == ["F0", "F1"]
    with tenant_context(globex):
        make_order("B1", status="fulfilled")
        close()
        assert closed() == []


def test_open_orders_are_left_where_only_fulfilled_ones_are_to_be_closed():
    rule(closes_open=False, closes_fulfilled=True)
    make_order("O")
    make_order("F", status="fulfilled")
    make_order("X", status="cancelled")

    assert close() == 1
    assert closed() == ["F"]


def test_of_both_statuses_all_are_closed_in_batches_and_counted_once():
    rule(closes_fulfilled=True)
    for number in range(25):
        make_order(f"A{number}", status=("open", "fulfilled")[number % 2])

    steps = list(close_old_orders(NOON, 7, batch=4))

    assert sum(step.closed for step in steps) == 25
    assert [step.is_last for step in steps].count(True) <= 1
    assert set(stored("status", "closed_by_run")) == {("closed", 7)}


def test_an_undo_makes_each_what_it_was_and_the_next_run_passes_over_it():
    rule(closes_fulfilled=True)
    make_order("F", status="fulfilled")
    make_order("O")
    close()

    list(ClosingUndo().take_back(7))

    assert stored("number", "status", "kept_open", "closed_from") == [
        ("F", "fulfilled", True, None),
        ("O", "open", True, None),
    ]
    assert close(run_id=8) == 0


def test_what_is_reopened_by_hand_is_what_it_was_too():
    rule(closes_fulfilled=True)
    make_order("F", status="fulfilled")
    close()

    reopen(Order.objects.all())

    assert stored("status", "kept_open", "closed_by_run") == [("fulfilled", True, None)]


def test_a_closed_order_made_fulfilled_by_hand_is_passed_over():
    rule(closes_fulfilled=True)
    order = make_order("F", status="fulfilled")
    close()
    order.status = "fulfilled"

    save_change(order, ["status"])

    assert close(run_id=8) == 0
    assert stored("status", "kept_open") == [("fulfilled", True)]


def test_an_open_order_made_fulfilled_by_hand_may_be_closed_by_the_next_run():
    rule(closes_fulfilled=True)
    order = make_order()
    order.status = "fulfilled"

    save_change(order, ["status"])

    assert close() == 1


def test_an_import_leaves_what_an_order_was_before_it_was_closed(order_file):
    rule(closes_fulfilled=True)
    make_order("F", status="fulfilled")
    close()

    run_import("acme", order_file("F,2026-11-20 12:00,99", header=HEADER))
    list(ClosingUndo().take_back(7))

    assert stored("status", "closed_from") == [("closed", "fulfilled")]  # changed since: left
    run_import("acme", order_file("F,2026-11-20 12:00,99,1", header=f"{HEADER},cancelled"))
    assert stored("status", "closed_from") == [("cancelled", None)]


# Totals and customers ------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({"least_total": 10}, ["10", "20"]),
        ({"greatest_total": 10}, ["10", "9"]),
        ({"least_total": 10, "greatest_total": 10}, ["10"]),
        ({"least_total": 0}, ["10", "20", "9"]),
    ],
)
def test_totals_are_bounded_in_one_currency_and_others_left_alone(bounds, expected):
    rule(currency="EUR", **bounds)
    for total in (9, 10, 20):
        make_order(str(total), total=total)
        make_order(f"US{total}", total=total, currency="USD")

    close()

    assert closed() == expected


def test_without_bounds_every_currency_is_closed():
    rule(currency="EUR")
    make_order("US", currency="USD")

    assert close() == 1


def test_named_customers_are_never_closed_however_they_are_written():
    rule(never_closed="Ann Smith\n\n  bob & co %s {x}' \nAnn Smith")
    for number, customer in enumerate(("ann smith", " ANN SMITH ", "Bob & Co %s {X}'", "Ann", "")):
        make_order(str(number), customer=customer)

    assert close() == 2
    assert closed() == ["3", "4"]


def test_an_order_somebody_is_editing_is_judged_by_the_rules_as_it_was_left():
    from orders.closing import wait_for
    from orders.windows import Wanted

    rules = rule(least_total=5, currency="EUR", never_closed="Ann")
    kept = make_order("A1", customer="ann")
    small = make_order("A2", total=1)
    due = make_order("A3")

    wanted = Wanted(NOON, 7, "open", rules)

    assert [wait_for(order.pk, wanted) for order in (kept, small, due)] == [[], [], [due.pk]]


# Holidays --------------------------------------------------------------------------------------
def test_a_run_whose_slot_is_on_a_holiday_closes_nothing_and_says_why(globex):
    make_order("old", placed_at=NOON - 40 * DAY)
    holiday(name="Advent Fair")

    outcome = perform(firing_of(make_periodic_task()), auto_close_old_orders)

    run = Run.objects.get()
    assert (outcome.state, run.state, run.closed) == ("skipped", "skipped", 0)
    assert run.error == HOLIDAY_TEXT
    assert stored("status") == ["open"]


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("Advent Fair", "Nothing is closed on 22 Nov 2026: Advent Fair."),
        ("", "Nothing is closed on 22 Nov 2026, a holiday."),
    ],
)
def test_the_preview_of_a_holiday_says_so(name, note):
    make_order("old", placed_at=NOON - 40 * DAY)
    holiday(name=name)

    effect = PREVIEW.now({"days": 30}, NOON)

    assert (effect.number, effect.note) == (0, note)


def test_the_day_is_that_of_the_slot_on_the_tenants_clock():
    """23:30 in UTC is the next day in Berlin."""
    make_orders(2)
    holiday(SUNDAY + DAY)

    late = auto_close_old_orders.run(slot=NOON.replace(hour=23, minute=30), run_id=7, days=1)
    assert [step.closed for step in late] == [0]
    early = auto_close_old_orders.run(slot=NOON.replace(hour=22, minute=30), run_id=7, days=1)
    assert sum(step.closed for step in early) == 2


@pytest.mark.parametrize(
    ("day", "every_year", "is_one"),
    [
        (SUNDAY, False, True),
        (SUNDAY.replace(year=2020), True, True),
        (SUNDAY.replace(year=2020), False, False),
        (SUNDAY + DAY, True, False),
    ],
)
def test_a_holiday_may_be_one_each_year(day, every_year, is_one):
    make_order()
    holiday(day, every_year=every_year)

    assert close(day=SUNDAY) == (0 if is_one else 1)


def test_a_leap_day_each_year_is_a_holiday_in_leap_years_alone():
    holiday(date(2024, 2, 29), every_year=True)

    assert Holiday.objects.on(date(2028, 2, 29)).exists()
    assert not Holiday.objects.on(date(2027, 2, 28)).exists()
    assert not Holiday.objects.on(date(2027, 3, 1)).exists()


# When rules are changed meanwhile -----------------------------------------------------------------
def test_a_change_of_the_rules_counts_from_the_next_step():
    for number in range(12):
        make_order(f"A{number}", total=number, placed_at=NOON - (20 - number) * DAY)
    steps = close_old_orders(NOON, 7, batch=3)
    next(steps)  # A0 to A2

    rule(least_total=8, currency="EUR")
    closed_then = sum(step.closed for step in steps)

    assert closed_then == 4
    assert closed() == ["A0", "A1", "A10", "A11", "A2", "A8", "A9"]


def test_rules_that_are_gone_again_count_no_more():
    rule(closes_open=False, closes_fulfilled=True)
    make_orders(3, status="fulfilled")
    make_order("O")
    steps = close_old_orders(NOON, 7, batch=1)
    next(steps)

    ClosingRules.objects.all().delete()
    list(steps)

    assert set(stored("number", "status")) >= {("O", "closed")}
    assert stored("status").count("fulfilled") == 2


def test_a_holiday_that_is_declared_meanwhile_ends_the_run():
    make_orders(3)
    steps = close_old_orders(NOON, 7, batch=1, day=SUNDAY)
    next(steps)

    holiday()
    (last,) = steps

    assert (last.closed, last.is_last, bool(last.skipped)) == (0, True, True)
    assert stored("status").count("open") == 2


def test_a_tenant_without_rules_is_asked_nothing_more():
    make_orders(3)

    with CaptureQueriesContext(connection) as sent:
        close(day=SUNDAY)
    assert len([query for query in sent if "orders_" in query["sql"]]) == 1


def test_a_tenant_with_rules_is_asked_once_for_a_step():
    rule()
    make_orders(3)
    steps = close_old_orders(NOON, 7, batch=1, day=SUNDAY)
    next(steps)

    with CaptureQueriesContext(connection) as sent:
        next(steps)
    assert len([query for query in sent if "orders_closingrules" in query["sql"]]) == 2


# What SQL may write ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "columns",
    [
        {"closes_open": False},
        {"least_total": -1, "currency": "EUR"},
        {"greatest_total": "NaN", "currency": "EUR"},
        {"least_total": "NaN", "currency": "EUR"},
        {"least_total": 2, "greatest_total": 1, "currency": "EUR"},
        {"least_total": 1},
        {"least_total": 1, "currency": "eur"},
        {"never_closed": "x" * 50_001},
        {"id": 2},
    ],
)
def test_no_sql_writes_rules_that_cannot_be(columns):
    given = {"id": 1} | columns
    statement = f"INSERT INTO orders_closingrules ({', '.join(given)}) VALUES ({', '.join(['%s'] * len(given))})"

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, list(given.values()))


@pytest.mark.parametrize("day", ["infinity", "0044-03-15 BC", "2200-01-01"])
def test_no_sql_writes_a_holiday_that_no_process_could_read(day):
    rule()

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO orders_holiday (rules_id, day) VALUES (1, %s)", [day])


def test_very_many_names_are_one_value_of_a_statement(in_acme):
    rules = ClosingRules(never_closed="\n".join(f"Customer {number}" for number in range(3000)))

    _sql, values = Order.objects.closable(NOON, rules).query.sql_with_params()

    assert len(values) < 10
