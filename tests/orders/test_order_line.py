from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from orders.order_file import Record
from orders.order_line import LineReader

NAMES = ("number", "placed_at", "total", "customer", "currency", "status", "cancelled")
RIGHT = {"number": "A1", "placed_at": "2010-12-01 08:34:00", "total": "12.50"}


def read(zone="Europe/Berlin", **cells):
    reader = LineReader(NAMES, ZoneInfo(zone))
    return reader.read(Record(2, [(RIGHT | cells).get(name, "") for name in NAMES]))


def test_a_line_says_what_its_cells_say():
    line = read(customer=" Żółć & Co ", currency="PLN", status="fulfilled")

    assert line.reason is None
    assert line[:4] == (2, "A1", "Żółć & Co", datetime(2010, 12, 1, 7, 34, tzinfo=UTC))
    assert line[4:7] == (Decimal("12.50"), "PLN", "fulfilled")


def test_blank_cells_say_nothing():
    line = read()

    assert (line.customer, line.currency, line.status, line.reason) == ("", None, None, None)


def test_a_column_that_is_not_there_says_nothing():
    reader = LineReader(("total", "country", "placed_at", "number"), ZoneInfo("UTC"))

    line = reader.read(Record(2, ["1", "France", "2010-12-01T08:34", "A1"]))

    assert (line.number, line.customer, line.currency, line.status) == ("A1", None, None, None)
    assert reader.ignored == ["country"]


@pytest.mark.parametrize(
    ("cell", "hour", "minute"),
    [
        ("2010-12-01 08:34:00", 7, 34),
        ("2010-12-01T08:34", 7, 34),
        ("2010-12-01T08:34:00.250", 7, 34),
        ("2010-12-01T08:34:00Z", 8, 34),
        ("2010-12-01 08:34:00 +05:30", 3, 4),
        ("2010-12-01 08:34:00-0100", 9, 34),
        ("2011-06-01 08:34:00", 6, 34),
    ],
)
def test_times_are_of_the_zone_unless_they_have_an_offset(cell, hour, minute):
    placed_at = read(placed_at=cell).placed_at

    assert (placed_at.hour, placed_at.minute) == (hour, minute)
    assert placed_at.tzinfo is UTC


def test_of_a_time_that_comes_twice_the_first_is_meant():
    assert read(placed_at="2011-10-30 02:30:00").placed_at == datetime(
        2011, 10, 30, 0, 30, tzinfo=UTC
    )


def test_a_time_that_the_clocks_leave_out_cannot_be():
    assert read(placed_at="2011-03-27 02:30:00").reason == (
        "placed_at: 2011-03-27 02:30:00 does not exist in Europe/Berlin, "
        "where clocks went forward over it"
    )
    assert read("America/New_York", placed_at="2011-03-27 02:30:00").reason is None


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("", "'' is not a time; write one such as 2010-12-01 08:34:00"),
        ("yesterday", "'yesterday' is not a time"),
        ("01/12/2010 08:34", "is not a time"),
        ("2010-12-01", "is not a time"),
        ("20101201T083400", "is not a time"),
        ("٢٠١٠-12-01 08:34:00", "is not a time"),
        ("2010-12-01 08:34:00 Europe/Berlin", "is not a time"),
        ("2011-02-30 08:34:00", "cannot be: day is out of range for month"),
        ("2010-12-01 24:00:00", "cannot be: hour must be in 0..23"),
        ("2010-12-01 08:34:60", "cannot be: second must be in 0..59"),
        ("2010-12-01 08:34:00+25:00", "cannot be"),
        ("1899-12-31 08:34:00", "is not between the years 1900 and 2100"),
        ("0001-01-01 00:00:00+14:00", "is not between the years 1900 and 2100"),
        ("9999-12-31 23:59:59", "is not between the years 1900 and 2100"),
    ],
)
def test_a_time_that_cannot_be_is_an_error(cell, reason):
    line = read(placed_at=cell)

    assert line.reason.startswith("placed_at: ")
    assert reason in line.reason


@pytest.mark.parametrize(
    ("cell", "total"),
    [
        ("0", "0"),
        ("12", "12"),
        ("12.5", "12.50"),
        ("12.500", "12.50"),
        ("00012.50", "12.50"),
        ("-0.00", "0"),
        ("999999999999.99", "999999999999.99"),
    ],
)
def test_amounts(cell, total):
    assert read(total=cell).total == Decimal(total)


@pytest.mark.parametrize(
    "cell",
    ["", "abc", "NaN", "Infinity", "1e5", "1_000", "1,000.00", "١٢", "+1", "1.", ".5", "--1"],
)
def test_what_is_not_an_amount_is_an_error(cell):
    assert read(total=cell).reason == (f"total: '{cell}' is not an amount; write one such as 12.50")


def test_an_amount_that_the_column_cannot_hold_is_an_error():
    assert "12 digits before the point fit" in read(total="1000000000000").reason
    assert "has more than 2 decimals; round it" in read(total="12.505").reason


def test_only_a_cancelled_order_may_be_negative():
    assert read(total="-5", cancelled="1").total == Decimal(-5)
    assert read(total="-5", status="cancelled").reason is None
    for status in ("", "open", "closed"):
        reason = "total: -5 is negative; only a cancelled order's may be"
        assert read(total="-5", status=status, cancelled="0").reason == reason


def test_cancelled_wins_over_status():
    assert read(status="open", cancelled="1").status == "cancelled"
    assert read(status="closed", cancelled="0").status == "closed"
    assert read(status="cancelled", cancelled="0").status == "cancelled"


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"number": " "}, "number: empty; every order has a number"),
        ({"number": "N" * 65}, "is longer than 64 characters"),
        ({"number": "A\0"}, r"number: 'A\x00' holds a control character"),
        ({"number": "A\x1b[2J"}, r"number: 'A\x1b[2J' holds a control character"),
        ({"customer": "C" * 201}, "is longer than 200 characters"),
        ({"customer": "two\nlines"}, r"customer: 'two\nlines' holds a control character"),
        (
            {"currency": "eur"},
            "currency: 'eur' is not a currency; write three capitals such as EUR",
        ),
        ({"currency": "EURO"}, "is not a currency"),
        ({"status": "shipped"}, "status: 'shipped' is not a status; use open, fulfilled, closed"),
        ({"cancelled": "yes"}, "cancelled: 'yes' is neither 1, for cancelled, nor 0"),
    ],
)
def test_other_cells_that_cannot_be_are_errors(cells, reason):
    assert reason in read(**cells).reason


def test_the_longest_number_and_customer_fit():
    assert read(number="N" * 64, customer="Ü" * 200).reason is None


def test_all_that_is_wrong_with_a_line_is_told():
    reason = read(placed_at="never", total="abc").reason

    assert reason.startswith("placed_at: 'never' is not a time")
    assert reason.endswith("; total: 'abc' is not an amount; write one such as 12.50")


@pytest.mark.parametrize("count", [6, 8])
def test_a_line_with_too_few_or_too_many_columns_is_an_error(count):
    line = LineReader(NAMES, ZoneInfo("UTC")).read(Record(2, ["x"] * count))

    assert line.reason == f"{count} columns where the header has 7"


def test_a_long_cell_is_shortened_in_the_message():
    assert len(read(total="x" * 5000).reason) < 200
