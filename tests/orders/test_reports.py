from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django_tenants.utils import tenant_context

from exports.response import csv_text
from orders import tasks
from orders.models import DailyReport, Order
from orders.reports import CSV_HEADER, csv_rows
from tests.conftest import NOON
from tests.orders.builders import make_order

SECOND = timedelta(seconds=1)
#: Where 21 November 2026 begins and ends in Berlin.
BEGIN, END = datetime(2026, 11, 20, 23, tzinfo=UTC), datetime(2026, 11, 21, 23, tzinfo=UTC)


def make_report(slot=NOON):
    tasks.make_daily_report.run(slot=slot)
    return DailyReport.objects.latest("day")


def file_of(report):
    return "".join(csv_text(CSV_HEADER, [list(csv_rows(report))])).removeprefix("\ufeff")


def test_the_day_before_the_slot_is_reported_from_midnight_to_midnight(in_acme):
    for number, instant in enumerate((BEGIN - SECOND, BEGIN, END - SECOND, END)):
        make_order(f"placed {number}", placed_at=instant, total=10**number)
        closed = {"status": "closed", "closed_at": instant, "total": 2 * 10**number}
        make_order(f"closed {number}", placed_at=BEGIN - timedelta(days=9), **closed)

    report = make_report()

    assert (report.day, report.currency) == (date(2026, 11, 21), "EUR")
    assert (report.placed, report.placed_total) == (2, 110)
    assert (report.closed, report.closed_total) == (2, 220)


def test_orders_open_at_the_end_of_the_day_are_counted_as_of_then(in_acme):
    make_order("open", placed_at=END - SECOND)
    make_order("placed later", placed_at=END)
    make_order("closed that day", status="closed", closed_at=END - SECOND)
    make_order("closed later", placed_at=BEGIN, status="closed", closed_at=END)
    make_order("fulfilled", status="fulfilled")

    assert make_report().open == 2


def test_the_day_is_the_tenants_own(globex, in_acme):
    slot = datetime(2026, 11, 22, 3, tzinfo=UTC)

    assert make_report(slot).day == date(2026, 11, 21)
    with tenant_context(globex):
        assert make_report(slot).day == date(2026, 11, 20)


def test_a_day_of_25_hours_is_reported_whole(in_acme):
    make_order("first", placed_at=datetime(2026, 10, 24, 22, tzinfo=UTC))
    make_order("last", placed_at=datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC))

    assert make_report(datetime(2026, 10, 26, 12, tzinfo=UTC)).placed == 2


def test_amounts_of_different_currencies_are_not_added(in_acme):
    make_order("A1", total="10.00", placed_at=BEGIN)
    make_order("A2", total="5.00", placed_at=BEGIN, currency="USD")

    report = make_report()

    assert (report.placed, report.placed_total) == (2, Decimal("10.00"))
    assert report.by_currency["USD"]["placed_total"] == "5.00"


def test_making_a_report_again_writes_the_same_row_with_the_figures_of_now(in_acme):
    make_order("A1", placed_at=BEGIN)
    first = make_report()
    make_order("A2", placed_at=BEGIN)

    again = make_report()

    assert DailyReport.objects.get() == first == again
    assert (first.placed, again.placed) == (1, 2)
    assert again.made_at >= first.made_at


def test_a_day_without_orders_is_reported_too(in_acme):
    report = make_report()

    assert (report.placed, report.placed_total, report.open) == (0, 0, 0)
    assert file_of(report).splitlines()[1:] == ["2026-11-21,EUR,0,0.00,0,0.00"]


def test_the_other_tenants_orders_are_not_reported(globex, in_acme):
    with tenant_context(globex):
        make_order(placed_at=BEGIN)

    assert make_report().placed == 0
    with tenant_context(globex):
        assert not DailyReport.objects.exists()


def test_the_csv_has_a_line_for_each_currency(in_acme):
    make_order("A1", total="-10.00", status="cancelled", placed_at=BEGIN)
    make_order("A2", total="5.00", currency="CHF", placed_at=BEGIN)

    assert file_of(make_report()).splitlines() == [
        "day,currency,placed,placed_total,closed,closed_total",
        "2026-11-21,EUR,1,-10.00,0,0.00",
        "2026-11-21,CHF,1,5.00,0,0.00",
    ]


def test_a_currency_that_would_be_a_formula_is_harmless(in_acme):
    make_order("A1", placed_at=BEGIN)
    Order.objects.update(currency="=1+")

    assert "2026-11-21,'=1+,1,10.00,0,0.00" in file_of(make_report())
