"""Slots of elapsed time."""

from datetime import UTC, datetime, timedelta

import pytest

from scheduling.cadence import IntervalCadence, InvalidCadence

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        (NOON - timedelta(days=400), NOON),
        (NOON - MICROSECOND, NOON),
        (NOON, NOON + timedelta(minutes=5)),
        (NOON + timedelta(minutes=4), NOON + timedelta(minutes=5)),
        (NOON + timedelta(minutes=5), NOON + timedelta(minutes=10)),
        (NOON + timedelta(days=365, seconds=1), NOON + timedelta(days=365, minutes=5)),
    ],
)
def test_slots_are_counted_from_the_anchor(instant, expected):
    assert IntervalCadence.of(5, "minutes", NOON).next_after(instant) == expected


def test_a_day_is_24_hours_also_when_clocks_change():
    cadence = IntervalCadence.of(1, "days", datetime(2026, 3, 28, 23, 0, tzinfo=UTC))

    assert cadence.next_after(datetime(2026, 3, 29, tzinfo=UTC)).hour == 23


@pytest.mark.parametrize(
    ("every", "period", "expected"),
    [
        (5, "minutes", "every 5 minutes"),
        (1, "hours", "every hour"),
        (60, "minutes", "every hour"),
        (90, "minutes", "every 90 minutes"),
        (36, "hours", "every 36 hours"),
        (1, "days", "every day"),
        (30, "seconds", "every 30 seconds"),
        (1_500_000, "microseconds", "every 1500000 microseconds"),
    ],
)
def test_an_interval_reads_aloud(every, period, expected):
    assert str(IntervalCadence.of(every, period, NOON)) == expected


@pytest.mark.parametrize(
    ("every", "period", "said"),
    [
        (0, "minutes", "is not an interval; use one longer than zero"),
        (-5, "minutes", "is not an interval; use one longer than zero"),
        (5, "weeks", "'weeks' is no period; use one of days, hours"),
        (10**9, "days", "1000000000 days is longer than the calendar"),
        (10**400, "seconds", "is longer than the calendar"),
    ],
)
def test_an_impossible_interval_is_refused(every, period, said):
    with pytest.raises(InvalidCadence, match=f"interval: .*{said}"):
        IntervalCadence.of(every, period, NOON)


def test_a_naive_anchor_is_refused():
    with pytest.raises(InvalidCadence, match="interval: 'anchor_at' must be a time with its zone"):
        IntervalCadence.of(5, "minutes", datetime(2026, 3, 2))  # noqa: DTZ001


def test_a_slot_beyond_the_calendar_is_none():
    cadence = IntervalCadence.of(999_999_999, "days", NOON)

    assert cadence.next_after(NOON - MICROSECOND) == NOON
    assert cadence.next_after(NOON) is None


def test_the_latest_slot_is_found_however_many_there_were():
    cadence = IntervalCadence.of(1, "microseconds", NOON)

    assert cadence.latest_at(NOON + timedelta(days=9), NOON) == NOON + timedelta(days=9)
    assert cadence.latest_at(NOON, NOON) is None
    assert cadence.latest_at(NOON - MICROSECOND, NOON - timedelta(days=1)) is None


def test_the_latest_slot_keeps_within_start_and_expiry():
    start_at, expires_at = NOON + timedelta(minutes=7), NOON + timedelta(minutes=22)
    cadence = IntervalCadence.of(5, "minutes", NOON, start_at=start_at, expires_at=expires_at)

    assert cadence.latest_at(NOON + timedelta(minutes=9), NOON) is None
    assert cadence.latest_at(NOON + timedelta(hours=1), NOON) == NOON + timedelta(minutes=20)
