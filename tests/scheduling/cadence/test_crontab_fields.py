"""Which texts are crontabs, which days and minutes they name, and what is said of the others."""

import pytest
from celery.schedules import crontab_parser
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.cadence import CrontabCadence, InvalidCadence
from scheduling.cadence.pattern import pattern_of, split, values_of


def weekdays(field: str) -> list[int]:
    return sorted(values_of(split(f"0 0 * * {field}"))[4])


def values(position: int, field: str) -> list[int]:
    fields = ["*"] * 5
    fields[position] = field
    return sorted(values_of(fields)[position])


@pytest.mark.parametrize(
    ("position", "field", "expected"),
    [
        (0, "5", [5]),
        (0, "05", [5]),
        (0, "0,30", [0, 30]),
        (0, "10-13", [10, 11, 12, 13]),
        (0, "*/20", [0, 20, 40]),
        (0, "10-30/10", [10, 20, 30]),
        (0, "58-1", [0, 1, 58, 59]),
        (0, "58-2/2", [0, 2, 58]),
        (0, "*/90", [0]),
        (0, "5-5", [5]),
        (1, "22-1", [0, 1, 22, 23]),
        (2, "*/10", [1, 11, 21, 31]),
        (3, "jan", [1]),
        (3, "Nov-FEB", [1, 2, 11, 12]),
        (3, "june,sept", [6, 9]),
        (4, "sun", [0]),
        (4, "mon-fri", [1, 2, 3, 4, 5]),
        (4, "thursday,Tues", [2, 4]),
    ],
)
def test_a_field_names_numbers(position, field, expected):
    assert values(position, field) == expected


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("7", [0]),
        ("0,7", [0]),
        ("3,7", [0, 3]),
        ("5-7", [0, 5, 6]),
        ("0-7", [0, 1, 2, 3, 4, 5, 6]),
        ("1-7", [0, 1, 2, 3, 4, 5, 6]),
        ("7-2", [0, 1, 2]),
        ("7-7", [0]),
        ("sat-7", [0, 6]),
        ("1-7/3", [0, 1, 4]),
        ("7-4/2", [0, 2, 4]),
        ("6-1/2", [1, 6]),
        ("fri-sun", [0, 5, 6]),
        ("*/2", [0, 2, 4, 6]),
        ("*/7", [0]),
        ("*", [0, 1, 2, 3, 4, 5, 6]),
    ],
)
def test_day_of_week_7_is_sunday(field, expected):
    assert weekdays(field) == expected


POSITIONS = [(60, 0), (24, 0), (31, 1), (12, 1), (7, 0)]


@st.composite
def celery_fields(draw):
    position = draw(st.integers(0, 4))
    size, low = POSITIONS[position]
    number = st.integers(low, low + size - 1).map(str)
    step = st.integers(1, size + 2).map("/{}".format)
    span = st.tuples(st.tuples(number, number).map("-".join), st.just("") | step).map("".join)
    star = step.map("*{}".format) | st.just("*")
    items = draw(st.lists(number | span | star, min_size=1, max_size=4))
    return position, ",".join(items)


@settings(derandomize=True, database=None, deadline=None, max_examples=300)
@given(celery_fields())
def test_a_field_means_what_celery_means(drawn):
    position, field = drawn

    assert set(values(position, field)) == crontab_parser(*POSITIONS[position]).parse(field)


@pytest.mark.parametrize(
    ("text", "field", "said"),
    [
        ("*/0 * * * *", "minute", "'*/0' is not a step; use 1 to 59, as in */5"),
        ("1-5/0 * * * *", "minute", "'1-5/0' is not a step"),
        ("1,,2 * * * *", "minute", "an item between commas is empty"),
        ("1, * * * *", "minute", "an item between commas is empty"),
        (",1 * * * *", "minute", "an item between commas is empty"),
        ("-5 * * * *", "minute", "'-5' is not understood"),
        ("5- * * * *", "minute", "'5-' is not understood"),
        ("1-2-3 * * * *", "minute", "'1-2-3' is not understood"),
        ("5/10 * * * *", "minute", "'5/10' is not understood"),
        ("*/ * * * *", "minute", "'*/' is not understood"),
        ("*5 * * * *", "minute", "'*5' is not understood"),
        ("1-5! * * * *", "minute", "'1-5!' is not understood"),
        ("1_0 * * * *", "minute", "'1_0' is not understood"),
        ("5.0 * * * *", "minute", "'5.0' is not understood"),
        ("٣ * * * *", "minute", "'٣' is not understood"),
        ("*/٣ * * * *", "minute", "'*/٣' is not understood"),
        ("60 * * * *", "minute", "60 is out of range; use 0 to 59"),
        ("0-60 * * * *", "minute", "60 is out of range; use 0 to 59"),
        ("mon * * * *", "minute", "'mon' is not a name"),
        ("0 24 * * *", "hour", "24 is out of range; use 0 to 23"),
        ("0 0 0 * *", "day_of_month", "0 is out of range; use 1 to 31"),
        ("0 0 32 * *", "day_of_month", "32 is out of range; use 1 to 31"),
        ("0 0 L * *", "day_of_month", "'L' is not a name"),
        ("0 0 ? * *", "day_of_month", "'?' is not understood"),
        ("0 0 * 0 *", "month_of_year", "0 is out of range; use 1 to 12"),
        ("0 0 * 13 *", "month_of_year", "13 is out of range; use 1 to 12"),
        ("0 0 * mon *", "month_of_year", "'mon' is not a name for it; use 1 to 12 or jan to dec"),
        ("0 0 * ja *", "month_of_year", "'ja' is not a name"),
        ("0 0 * janet *", "month_of_year", "'janet' is not a name"),
        ("0 0 * * 8", "day_of_week", "8 is out of range; use 0 to 7"),
        ("0 0 * * 5-8", "day_of_week", "8 is out of range; use 0 to 7"),
        ("0 0 * * may", "day_of_week", "'may' is not a name for it; use 0 to 7 or sun to sat"),
        ("0 0 * * 1#2", "day_of_week", "'1#2' is not understood"),
        ("0 0 * * \N{KELVIN SIGN}", "day_of_week", "is not understood"),
        ("* * * *", "crontab", "4 fields; use five"),
        ("0 * * * * *", "crontab", "6 fields; use five"),
        ("", "crontab", "0 fields; use five"),
        ("@daily", "crontab", "1 fields; use five"),
    ],
)
def test_a_wrong_field_is_refused_by_name(text, field, said):
    with pytest.raises(InvalidCadence) as refused:
        CrontabCadence.parse(text, "UTC")

    assert refused.value.field == field
    assert said in refused.value.message
    assert str(refused.value) == f"{field}: {refused.value.message}"


@pytest.mark.parametrize(
    ("position", "field", "longest"),
    [
        (0, "minute", 240),
        (1, "hour", 96),
        (2, "day_of_month", 124),
        (3, "month_of_year", 64),
        (4, "day_of_week", 64),
    ],
)
def test_a_field_fits_its_column(position, field, longest):
    fields = ["*"] * 5
    fields[position] = "1" + ",1" * (longest // 2)

    with pytest.raises(InvalidCadence, match=rf"{field}: .* at most {longest}"):
        CrontabCadence.parse(" ".join(fields), "UTC")

    fields[position] = "01" + ",1" * (longest // 2 - 1)
    assert CrontabCadence.parse(" ".join(fields), "UTC")


@pytest.mark.parametrize("text", ["0 0 31 2 *", "0 0 30 2 *", "0 0 31 4,6 *", "0 0 30,31 feb 1"])
def test_a_date_that_never_comes_is_refused(text):
    with pytest.raises(
        InvalidCadence,
        match=r"day_of_month: day 3[01] never comes in (February|April, June); use 1 to",
    ):
        CrontabCadence.parse(text, "UTC")


@pytest.mark.parametrize("text", ["0 0 29 2 *", "0 0 31 4,5 *", "0 0 1,31 2 *"])
def test_a_date_that_comes_at_times_is_allowed(text):
    assert CrontabCadence.parse(text, "UTC").text == text


@pytest.mark.parametrize(
    "zone",
    [
        "Mars/Olympus",
        "",
        ".",
        "..",
        "../etc/passwd",
        "/etc/passwd",
        "Europe",
        "Europe/",
        "europe/berlin ",
        "x" * 300,
        "a\0b",
        "\ud800",
        "tzdata.zi",
    ],
)
def test_a_zone_that_does_not_exist_is_refused(zone):
    with pytest.raises(
        InvalidCadence, match=r"timezone: .* is no IANA time zone; use a name such as Europe/Berlin"
    ):
        CrontabCadence.parse("0 0 * * *", zone)


def test_a_crontab_reads_as_it_was_given():
    cadence = CrontabCadence.parse("  */5\t8-18   *  JAN-mar mon-fri ", "Europe/Berlin")

    assert str(cadence) == "*/5 8-18 * JAN-mar mon-fri"
    assert (cadence.kind, cadence.zone) == ("crontab", "Europe/Berlin")


def test_columns_and_text_make_the_same_cadence():
    columns = CrontabCadence.of_fields("0, 30", " 8", "*", "*", "1-5", "Europe/Berlin")

    assert columns == CrontabCadence.parse("0,30 8 * * 1-5", "Europe/Berlin")
    assert hash(columns) == hash(CrontabCadence.parse("0,30 8 * * 1-5", "Europe/Berlin"))


@pytest.mark.parametrize(
    ("hour", "said"),
    [("", "the field is empty"), ("  ", "the field is empty"), ("1 2", "'1 2' is not understood")],
)
def test_an_empty_or_broken_column_is_refused(hour, said):
    with pytest.raises(InvalidCadence, match=f"hour: {said}"):
        CrontabCadence.of_fields("0", hour, "*", "*", "*", "UTC")


def test_tenants_with_the_same_text_share_what_was_read():
    CrontabCadence.parse("17 3 * * *", "UTC")

    assert pattern_of(str(CrontabCadence.parse("17  3 * * *", "Asia/Tokyo"))) is pattern_of(
        "17 3 * * *"
    )
