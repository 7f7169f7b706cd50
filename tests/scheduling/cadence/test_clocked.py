"""The one slot of a one-off."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from scheduling.cadence import ClockedCadence, InvalidCadence

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def test_a_one_off_has_one_slot():
    cadence = ClockedCadence(NOON)

    assert cadence.next_after(NOON - timedelta(days=1)) == NOON
    assert cadence.next_after(NOON) is None


def test_a_one_off_is_kept_and_read_aloud_in_utc():
    cadence = ClockedCadence(datetime(2026, 3, 2, 13, 0, tzinfo=ZoneInfo("Europe/Berlin")))

    assert cadence == ClockedCadence(NOON)
    assert str(cadence) == "2026-03-02T12:00:00+00:00"
    assert (cadence.kind, cadence.zone) == ("clocked", "UTC")


def test_the_latest_slot_of_a_one_off_is_its_own():
    cadence = ClockedCadence(NOON)

    assert cadence.latest_at(NOON, NOON - timedelta(days=99)) == NOON
    assert cadence.latest_at(NOON + timedelta(days=99), NOON) is None


def test_a_naive_time_is_refused():
    with pytest.raises(InvalidCadence, match="clocked: 'at' must be a time with its zone"):
        ClockedCadence(datetime(2026, 3, 2))  # noqa: DTZ001
