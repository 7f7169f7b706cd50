"""What a crontab may choose: whether a skipped time fires, and a repeated one twice."""

from datetime import UTC, datetime
from typing import Any

import pytest

from scheduling.cadence import CrontabCadence, InvalidCadence

SKIP, BOTH = {"gap": "skip"}, {"repeat": "both"}


def slots(text: str, zone: str, after: str, count: int, choice: dict[str, Any]) -> list[str]:
    cadence, found = CrontabCadence.parse(text, zone, **choice), []
    instant = datetime.fromisoformat(after).replace(tzinfo=UTC)
    for _ in range(count):
        instant = cadence.next_after(instant)
        found.append(f"{instant:%Y-%m-%dT%H:%M:%S}".removesuffix(":00"))
    return found


# Each row: the crontab, its zone, an instant before the change, the slots that follow, in UTC.
GAPS = [
    # 29 March 2026, 01:00 UTC: 02:00 becomes 03:00 in Berlin.
    ("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00", ["2026-03-30T00:30"]),
    ("0 3 * * *", "Europe/Berlin", "2026-03-28T12:00", ["2026-03-29T01:00"]),
    ("0 2,3 * * *", "Europe/Berlin", "2026-03-28T12:00", ["2026-03-29T01:00", "2026-03-30T00:00"]),
    ("59 1,2 * * *", "Europe/Berlin", "2026-03-28T12:00", ["2026-03-29T00:59", "2026-03-29T23:59"]),
    ("30 2 29 3 *", "Europe/Berlin", "2026-03-28T12:00", ["2027-03-29T00:30"]),
    # 8 March 2026: 02:00 becomes 03:00 in New York, midnight becomes 01:00 in Havana.
    ("30 2 * * *", "America/New_York", "2026-03-07T12:00", ["2026-03-09T06:30"]),
    ("0 0 * * *", "America/Havana", "2026-03-07T12:00", ["2026-03-09T04:00"]),
    ("0 0 1 10 *", "America/Asuncion", "2023-09-30T12:00", ["2024-10-01T04:00"]),
    # Lord Howe moves by half an hour: 02:00 becomes 02:30 at 15:30 UTC.
    ("15,45 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00", ["2026-10-03T15:45"]),
    # The gap ends on the next date in Toronto; Samoa had no 30 December 2011.
    ("45 23 * * *", "America/Toronto", "1919-03-30T12:00", ["1919-04-01T03:45"]),
    ("0 12 30 12 *", "Pacific/Apia", "2011-12-29T12:00", ["2012-12-29T22:00"]),
    # No clock is ever changed in Kolkata.
    ("30 2 * * *", "Asia/Kolkata", "2026-03-28T12:00", ["2026-03-28T21:00", "2026-03-29T21:00"]),
]

REPEATS = [
    # 25 October 2026, 01:00 UTC: 03:00 becomes 02:00 in Berlin.
    (
        "30 2 * * *",
        "Europe/Berlin",
        "2026-10-24T12:00",
        ["2026-10-25T00:30", "2026-10-25T01:30", "2026-10-26T01:30"],
    ),
    ("30 2 * * *", "Europe/Berlin", "2026-10-25T00:45", ["2026-10-25T01:30", "2026-10-26T01:30"]),
    (
        "*/30 2 * * *",
        "Europe/Berlin",
        "2026-10-25T00:00",
        ["2026-10-25T00:30", "2026-10-25T01:00", "2026-10-25T01:30", "2026-10-26T01:00"],
    ),
    ("0 3 * * *", "Europe/Berlin", "2026-10-24T12:00", ["2026-10-25T02:00", "2026-10-26T02:00"]),
    # Lord Howe: 02:00 becomes 01:30 at 15:00 UTC.
    (
        "15,45 1 * * *",
        "Australia/Lord_Howe",
        "2026-04-04T14:00",
        ["2026-04-04T14:15", "2026-04-04T14:45", "2026-04-04T15:15", "2026-04-05T14:45"],
    ),
    # Midnight comes twice in Havana, the last half hour of 25 March 2023 in Asuncion.
    ("0 0 * * *", "America/Havana", "2026-10-31T12:00", ["2026-11-01T04:00", "2026-11-01T05:00"]),
    (
        "30 23 * * *",
        "America/Asuncion",
        "2023-03-25T12:00",
        ["2023-03-26T02:30", "2023-03-26T03:30", "2023-03-27T03:30"],
    ),
    # Across the New Year of UTC: at midnight it became 22:51:32 in Niamey.
    (
        "0,30 23 * * *",
        "Africa/Niamey",
        "1911-12-31T23:00",
        ["1911-12-31T23:21:32", "1912-01-01T00:00", "1912-01-01T00:30", "1912-01-02T00:00"],
    ),
]


@pytest.mark.parametrize(("text", "zone", "after", "expected"), GAPS)
@pytest.mark.parametrize("choice", [SKIP, SKIP | BOTH])
def test_a_time_in_the_gap_may_be_left_out(text, zone, after, expected, choice):
    assert slots(text, zone, after, len(expected), choice) == expected


@pytest.mark.parametrize(("text", "zone", "after", "expected"), REPEATS)
@pytest.mark.parametrize("choice", [BOTH, SKIP | BOTH])
def test_a_repeated_time_may_fire_both_times(text, zone, after, expected, choice):
    assert slots(text, zone, after, len(expected), choice) == expected


def test_a_repeated_time_fires_once_across_the_new_year_of_utc():
    assert slots("0,30 23 * * *", "Africa/Niamey", "1911-12-31T23:00", 3, SKIP) == [
        "1911-12-31T23:21:32",
        "1912-01-02T00:00",
        "1912-01-02T00:30",
    ]


@pytest.mark.parametrize("choice", [SKIP, BOTH, SKIP | BOTH])
def test_elapsed_time_has_no_choice(choice):
    for after in ("2026-03-29T00:00", "2026-10-25T00:00"):
        usual = slots("*/30 * * * *", "Europe/Berlin", after, 6, {})

        assert slots("*/30 * * * *", "Europe/Berlin", after, 6, choice) == usual


def test_a_time_that_only_ever_falls_in_gaps_never_fires():
    # 29 March is the last Sunday of the month, or no Sunday.
    cadence = CrontabCadence.parse("30 2 29 3 0", "Europe/Berlin", gap="skip")

    assert cadence.next_after(datetime(2026, 1, 1, tzinfo=UTC)) is None


def test_the_columns_of_a_schedule_come_with_the_same_choices():
    cadence = CrontabCadence.of_fields(
        "30", "2", "*", "*", "*", "UTC", gap="skip", repeat="both", start_at=None
    )

    assert cadence == CrontabCadence.parse("30 2 * * *", "UTC", gap="skip", repeat="both")
    assert cadence != CrontabCadence.parse("30 2 * * *", "UTC")


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({"gap": "both"}, "gap: 'both' is no choice; use shift or skip"),
        ({"gap": ""}, "gap: '' is no choice"),
        ({"repeat": "last"}, "repeat: 'last' is no choice; use first or both"),
        ({"repeat": None}, "repeat: None is no choice"),
    ],
)
def test_another_choice_is_refused(choice, said):
    with pytest.raises(InvalidCadence, match=said):
        CrontabCadence.parse("30 2 * * *", "UTC", **choice)
