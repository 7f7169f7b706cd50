"""When crontabs fire while clocks are set forward, set back or moved to a new rule."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

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


# Each row: the crontab, its zone, an instant before the change, the slots that follow, in UTC.
GAPS = [
    # 29 March 2026, 01:00 UTC: 02:00 becomes 03:00 in Berlin.
    ("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00", ["2026-03-29T01:00", "2026-03-30T00:30"]),
    ("0 3 * * *", "Europe/Berlin", "2026-03-28T12:00", ["2026-03-29T01:00", "2026-03-30T01:00"]),
    ("*/15 2 * * *", "Europe/Berlin", "2026-03-28T12:00", ["2026-03-29T01:00", "2026-03-30T00:00"]),
    (
        "*/30 2-3 * * *",
        "Europe/Berlin",
        "2026-03-28T12:00",
        ["2026-03-29T01:00", "2026-03-29T01:30", "2026-03-30T00:00"],
    ),
    ("30 * * * *", "Europe/Berlin", "2026-03-29T00:00", ["2026-03-29T00:30", "2026-03-29T01:30"]),
    (
        "30 0-23 * * *",
        "Europe/Berlin",
        "2026-03-29T00:00",
        ["2026-03-29T00:30", "2026-03-29T01:00", "2026-03-29T01:30"],
    ),
    ("30 2 29 3 0", "Europe/Berlin", "2026-03-28T12:00", ["2026-03-29T01:00"]),
    # Lord Howe moves by half an hour: 02:00 becomes 02:30 at 15:30 UTC.
    (
        "15 2 * * *",
        "Australia/Lord_Howe",
        "2026-10-03T12:00",
        ["2026-10-03T15:30", "2026-10-04T15:15"],
    ),
    (
        "*/15 * * * *",
        "Australia/Lord_Howe",
        "2026-10-03T15:10",
        ["2026-10-03T15:15", "2026-10-03T15:30", "2026-10-03T15:45"],
    ),
    # Midnight itself is missing.
    ("0 0 * * *", "America/Havana", "2026-03-07T12:00", ["2026-03-08T05:00", "2026-03-09T04:00"]),
    ("30 0 * * *", "Africa/Cairo", "2026-04-23T12:00", ["2026-04-23T22:00", "2026-04-24T21:30"]),
    ("30 0 * * *", "Asia/Beirut", "2026-03-28T12:00", ["2026-03-28T22:00", "2026-03-29T21:30"]),
    (
        "0 0 1 10 *",
        "America/Asuncion",
        "2023-09-30T12:00",
        ["2023-10-01T04:00", "2024-10-01T04:00"],
    ),
    # The gap ends on the next date: 23:30 became 00:30 in Toronto, and 00:00 in Pyongyang.
    (
        "45 23 * * *",
        "America/Toronto",
        "1919-03-30T12:00",
        ["1919-03-31T04:30", "1919-04-01T03:45"],
    ),
    ("45 23 30 3 *", "America/Toronto", "1919-03-30T12:00", ["1919-03-31T04:30"]),
    ("45 23 4 5 *", "Asia/Pyongyang", "2018-05-04T12:00", ["2018-05-04T15:00"]),
    # Samoa had no 30 December 2011.
    (
        "0 12 * * *",
        "Pacific/Apia",
        "2011-12-29T12:00",
        ["2011-12-29T22:00", "2011-12-30T10:00", "2011-12-30T22:00"],
    ),
    (
        "0 0 * * *",
        "Pacific/Apia",
        "2011-12-29T00:00",
        ["2011-12-29T10:00", "2011-12-30T10:00", "2011-12-31T10:00"],
    ),
    ("0 12 30 12 *", "Pacific/Apia", "2011-12-29T12:00", ["2011-12-30T10:00", "2012-12-29T22:00"]),
    ("0 * 30 12 *", "Pacific/Apia", "2011-12-29T12:00", ["2012-12-29T10:00"]),
]

REPEATS = [
    # 25 October 2026, 01:00 UTC: 03:00 becomes 02:00 in Berlin.
    ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", ["2026-10-25T00:30", "2026-10-26T01:30"]),
    (
        "30 * * * *",
        "Europe/Berlin",
        "2026-10-25T00:00",
        ["2026-10-25T00:30", "2026-10-25T01:30", "2026-10-25T02:30"],
    ),
    ("30 */1 * * *", "Europe/Berlin", "2026-10-25T00:00", ["2026-10-25T00:30", "2026-10-25T02:30"]),
    (
        "30 0-23 * * *",
        "Europe/Berlin",
        "2026-10-25T00:00",
        ["2026-10-25T00:30", "2026-10-25T02:30"],
    ),
    ("0 3 * * *", "Europe/Berlin", "2026-10-24T12:00", ["2026-10-25T02:00", "2026-10-26T02:00"]),
    ("30 2 * * *", "Europe/Berlin", "2026-10-25T00:45", ["2026-10-26T01:30"]),
    # Lord Howe: 02:00 becomes 01:30 at 15:00 UTC.
    (
        "45 1 * * *",
        "Australia/Lord_Howe",
        "2026-04-04T12:00",
        ["2026-04-04T14:45", "2026-04-05T15:15"],
    ),
    (
        "45 * * * *",
        "Australia/Lord_Howe",
        "2026-04-04T14:00",
        ["2026-04-04T14:45", "2026-04-04T15:15", "2026-04-04T16:15"],
    ),
    # Midnight comes twice in Havana; the last hour of the day comes twice in Cairo.
    ("0 0 * * *", "America/Havana", "2026-10-31T12:00", ["2026-11-01T04:00", "2026-11-02T05:00"]),
    (
        "0 * * * *",
        "America/Havana",
        "2026-11-01T03:30",
        ["2026-11-01T04:00", "2026-11-01T05:00", "2026-11-01T06:00"],
    ),
    ("30 23 * * *", "Africa/Cairo", "2026-10-29T12:00", ["2026-10-29T20:30", "2026-10-30T21:30"]),
    (
        "30 * 29 10 *",
        "Africa/Cairo",
        "2026-10-29T20:00",
        ["2026-10-29T20:30", "2026-10-29T21:30", "2027-10-28T22:30"],
    ),
    # At 00:01 of 7 November 2010 it became 23:01 of the 6th in St. John's.
    (
        "*/30 * * * *",
        "America/St_Johns",
        "2010-11-07T01:45",
        ["2010-11-07T02:00", "2010-11-07T02:30", "2010-11-07T03:00", "2010-11-07T03:30"],
    ),
    (
        "30 * 6 11 *",
        "America/St_Johns",
        "2010-11-07T02:30",
        ["2010-11-07T03:00", "2011-11-06T03:00"],
    ),
    (
        "30 23 * * *",
        "America/St_Johns",
        "2010-11-06T12:00",
        ["2010-11-07T02:00", "2010-11-08T03:00"],
    ),
    # Kwajalein had 30 September 1969 almost twice.
    (
        "0 12 * * *",
        "Pacific/Kwajalein",
        "1969-09-29T12:00",
        ["1969-09-30T01:00", "1969-10-02T00:00"],
    ),
    (
        "0 * 30 9 *",
        "Pacific/Kwajalein",
        "1969-09-30T12:30",
        ["1969-09-30T13:00", "1969-09-30T14:00"],
    ),
]

NEW_RULES = [
    # Turkey stayed on summer time in 2016; Paraguay in 2024; Caracas moved by half an hour in 2016.
    ("0 9 * * *", "Europe/Istanbul", "2016-11-10T00:00", ["2016-11-10T06:00"]),
    ("30 2 * * *", "America/Caracas", "2016-04-30T12:00", ["2016-05-01T07:00", "2016-05-02T06:30"]),
    (
        "0 9 * * *",
        "Africa/Casablanca",
        "2026-02-14T12:00",
        ["2026-02-15T09:00", "2026-02-16T09:00"],
    ),
]


@pytest.mark.parametrize(("text", "zone", "after", "expected"), GAPS)
def test_a_time_in_the_gap_fires_once_right_after_it(text, zone, after, expected):
    assert slots(text, zone, after, len(expected)) == expected


@pytest.mark.parametrize(("text", "zone", "after", "expected"), REPEATS)
def test_a_repeated_time_fires_once_unless_every_hour_counts(text, zone, after, expected):
    assert slots(text, zone, after, len(expected)) == expected


@pytest.mark.parametrize(("text", "zone", "after", "expected"), NEW_RULES)
def test_a_zone_may_change_its_rules(text, zone, after, expected):
    assert slots(text, zone, after, len(expected)) == expected


def test_every_five_minutes_never_pauses_while_clocks_change():
    cadence = CrontabCadence.parse("*/5 * * * *", "Europe/Berlin")
    instants = [at("2026-10-24T22:00") + minutes * timedelta(minutes=5) for minutes in range(60)]

    assert all(cadence.next_after(earlier) == later for earlier, later in pairwise(instants))
