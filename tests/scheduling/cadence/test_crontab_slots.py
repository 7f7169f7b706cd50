"""When crontabs fire on ordinary days, and at the ends of the calendar."""

from datetime import UTC, datetime
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest

from scheduling.cadence import CrontabCadence


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def slots(text: str, zone: str, after: str, count: int) -> list[str]:
    cadence, instant, found = CrontabCadence.parse(text, zone), at(after), []
    for _ in range(count):
        instant = cadence.next_after(instant)
        found.append(f"{instant:%Y-%m-%dT%H:%M}")
    return found


@pytest.mark.parametrize(
    ("text", "zone", "after", "expected"),
    [
        ("0 0 * * *", "UTC", "2026-03-02T10:17", ["2026-03-03T00:00", "2026-03-04T00:00"]),
        ("0 0 * * *", "Europe/Berlin", "2026-03-02T10:17", ["2026-03-02T23:00"]),
        (
            "*/5 * * * *",
            "Europe/Berlin",
            "2026-03-02T10:17",
            ["2026-03-02T10:20", "2026-03-02T10:25"],
        ),
        ("30 18 * * 1-5", "Europe/Berlin", "2026-03-06T18:00", ["2026-03-09T17:30"]),
        ("30 9 * * *", "Asia/Kolkata", "2026-03-02T04:00", ["2026-03-03T04:00"]),
        ("0 0 * * *", "Pacific/Kiritimati", "2026-03-02T09:59", ["2026-03-02T10:00"]),
        ("0 0 * * *", "Etc/GMT+12", "2026-03-02T12:00", ["2026-03-03T12:00"]),
        ("59 23 31 12 *", "UTC", "2026-12-31T23:59", ["2027-12-31T23:59"]),
        ("0 0 31 * *", "UTC", "2026-01-31T00:00", ["2026-03-31T00:00", "2026-05-31T00:00"]),
        ("0 6 1,15 jan,jul *", "UTC", "2026-01-20T00:00", ["2026-07-01T06:00", "2026-07-15T06:00"]),
        ("0 22-1 * * *", "UTC", "2026-01-01T22:30", ["2026-01-01T23:00", "2026-01-02T00:00"]),
        (
            "0 0 * * 5-7",
            "UTC",
            "2026-03-01T00:00",
            ["2026-03-06T00:00", "2026-03-07T00:00", "2026-03-08T00:00", "2026-03-13T00:00"],
        ),
    ],
)
def test_a_crontab_fires_on_ordinary_days(text, zone, after, expected):
    assert slots(text, zone, after, len(expected)) == expected


def test_day_of_month_and_day_of_week_must_both_match():
    assert slots("0 0 13 * 5", "UTC", "2026-01-01T00:00", 3) == [
        "2026-02-13T00:00",
        "2026-03-13T00:00",
        "2026-11-13T00:00",
    ]


def test_29_february_waits_for_a_leap_year():
    assert slots("0 0 29 2 *", "UTC", "2026-01-01T00:00", 2) == [
        "2028-02-29T00:00",
        "2032-02-29T00:00",
    ]


def test_29_february_on_a_monday_is_found_across_2100_and_quickly():
    before = perf_counter()

    assert slots("0 0 29 2 1", "UTC", "2072-02-29T00:00", 1) == ["2112-02-29T00:00"]
    assert perf_counter() - before < 0.5


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (at("2026-03-02T10:00:00"), at("2026-03-02T10:05:00")),
        (at("2026-03-02T09:59:59.999999"), at("2026-03-02T10:00:00")),
        (at("2026-03-02T10:00:00.000001"), at("2026-03-02T10:05:00")),
        (datetime(2026, 3, 2, 11, 0, tzinfo=ZoneInfo("Europe/Berlin")), at("2026-03-02T10:05:00")),
    ],
)
def test_the_next_slot_is_strictly_after_the_instant(after, expected):
    slot = CrontabCadence.parse("*/5 * * * *", "Asia/Tokyo").next_after(after)

    assert (slot, slot.tzinfo) == (expected, UTC)


def test_a_naive_instant_is_refused():
    with pytest.raises(ValueError, match="no time zone"):
        CrontabCadence.parse("0 0 * * *", "UTC").next_after(datetime(2026, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/Los_Angeles"])
def test_the_ends_of_the_calendar_are_no_trouble(zone):
    cadence = CrontabCadence.parse("0 0 * * *", zone)

    assert cadence.next_after(datetime.max.replace(tzinfo=UTC)) is None
    assert cadence.next_after(datetime.min.replace(tzinfo=UTC)).year == 1
