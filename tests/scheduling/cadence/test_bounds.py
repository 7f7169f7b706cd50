"""What all cadences share: start and expiry, the latest slot, being values."""

import pickle
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from scheduling.cadence import (
    ClockedCadence,
    CrontabCadence,
    IntervalCadence,
    InvalidCadence,
    SolarCadence,
)

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MICROSECOND = timedelta(microseconds=1)


def hourly(start_at=None, expires_at=None):
    return CrontabCadence.parse("0 * * * *", "UTC", start_at=start_at, expires_at=expires_at)


def test_no_slot_comes_before_the_start():
    assert hourly(start_at=NOON).next_after(NOON - 5 * HOUR) == NOON
    assert hourly(start_at=NOON + MICROSECOND).next_after(NOON - 5 * HOUR) == NOON + HOUR
    assert hourly(start_at=NOON).next_after(NOON) == NOON + HOUR


def test_no_slot_comes_after_the_expiry():
    assert hourly(expires_at=NOON).next_after(NOON - HOUR) == NOON
    assert hourly(expires_at=NOON - MICROSECOND).next_after(NOON - HOUR) is None


def test_an_interval_keeps_its_anchor_whatever_the_start():
    cadence = IntervalCadence.of(2, "hours", NOON, start_at=NOON + HOUR)

    assert cadence.next_after(NOON - HOUR) == NOON + 2 * HOUR


def test_a_one_off_outside_its_bounds_never_fires():
    assert ClockedCadence(NOON, expires_at=NOON - MICROSECOND).next_after(NOON - HOUR) is None
    assert ClockedCadence(NOON, start_at=NOON + MICROSECOND).next_after(NOON - HOUR) is None


def test_bounds_are_kept_in_utc():
    berlin = NOON.astimezone(ZoneInfo("Europe/Berlin"))

    assert hourly(start_at=berlin) == hourly(start_at=NOON)
    assert hourly(start_at=berlin).start_at.tzinfo is UTC


def test_a_naive_bound_is_refused():
    with pytest.raises(InvalidCadence, match="cadence: 'expires_at' must be a time with its zone"):
        hourly(expires_at=datetime(2026, 3, 2))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("text", "since", "expected"),
    [
        ("* * * * *", NOON - timedelta(days=1), NOON),
        ("*/5 * * * *", NOON - timedelta(days=1), NOON),
        ("7 * * * *", NOON - timedelta(days=1), NOON - timedelta(minutes=53)),
        ("0 0 1 1 *", NOON - timedelta(days=900), datetime(2026, 1, 1, tzinfo=UTC)),
        ("0 0 1 1 *", datetime(2026, 1, 1, tzinfo=UTC), None),
        ("0 12 * * *", NOON - MICROSECOND, NOON),
        ("0 12 * * *", NOON, None),
        ("0 12 * * *", NOON + HOUR, None),
        ("0 0 29 2 *", datetime.min.replace(tzinfo=UTC), datetime(2024, 2, 29, tzinfo=UTC)),
    ],
)
def test_the_latest_slot_lies_after_since_and_not_after_the_instant(text, since, expected):
    assert CrontabCadence.parse(text, "UTC").latest_at(NOON, since) == expected


def test_the_latest_slot_keeps_within_the_expiry():
    cadence = hourly(expires_at=NOON - timedelta(days=1))

    assert cadence.latest_at(NOON, NOON - timedelta(days=9)) == NOON - timedelta(days=1)


@pytest.mark.parametrize(("instant", "since"), [(True, False), (False, True)])
def test_the_latest_slot_is_not_sought_between_naive_times(instant, since):
    naive = NOON.replace(tzinfo=None)

    with pytest.raises(ValueError, match="no time zone"):
        hourly().latest_at(naive if instant else NOON, naive if since else NOON)


@pytest.mark.parametrize(
    "cadence",
    [
        hourly(),
        ClockedCadence(NOON),
        IntervalCadence.of(5, "minutes", NOON),
        SolarCadence("sunset", 52.52, 13.4),
    ],
    ids=lambda cadence: cadence.kind,
)
def test_a_cadence_is_a_value(cadence):
    again = pickle.loads(pickle.dumps(cadence))  # noqa: S301

    assert {cadence, again} == {again}
    with pytest.raises(FrozenInstanceError):
        cadence.start_at = NOON
    assert not hasattr(cadence, "__dict__")


def test_a_refusal_survives_the_way_between_processes():
    refusal = pickle.loads(pickle.dumps(InvalidCadence("minute", "no")))  # noqa: S301

    assert (refusal.field, refusal.message, str(refusal)) == ("minute", "no", "minute: no")
