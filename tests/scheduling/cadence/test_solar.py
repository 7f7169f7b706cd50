"""The sun's slots, against Celery's own schedule."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from celery.schedules import solar

from scheduling.cadence import InvalidCadence, SolarCadence
from scheduling.cadence.solar import EVENTS

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
TROMSO = (69.65, 18.96)


def test_the_events_are_those_of_celery():
    assert {
        name: (event.method, event.horizon, event.use_center) for name, event in EVENTS.items()
    } == {
        name: (solar._methods[name], solar._horizons[name], solar._use_center_l[name])
        for name in solar._all_events
    }


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize(("latitude", "longitude"), [(52.52, 13.4), (-33.87, 151.21), (0, -179.9)])
def test_a_slot_is_the_event_that_celery_finds(event, latitude, longitude):
    celery_solar = solar(event, latitude, longitude, nowfun=lambda: NEW_YEAR)
    for day in range(0, 365, 30):
        instant = NEW_YEAR + timedelta(days=day)

        slot = SolarCadence(event, latitude, longitude).next_after(instant)

        found = celery_solar._next_event(instant.replace(tzinfo=None)).datetime()
        assert abs(slot - found.replace(tzinfo=UTC)) < SECOND


@pytest.mark.parametrize("event", ["sunrise", "sunset", "solar_noon"])
def test_no_event_comes_twice_from_whichever_instant_it_is_sought(event):
    cadence, instant, slots = SolarCadence(event, 52.52, 13.4), NEW_YEAR, []
    for _ in range(60):
        instant = cadence.next_after(instant)
        slots.append(instant)

    assert all(timedelta(hours=23) < later - earlier for earlier, later in pairwise(slots))
    for earlier, later in pairwise(slots):
        for sought in (earlier, earlier + SECOND, earlier + timedelta(hours=9), later - SECOND):
            assert cadence.next_after(sought) == later
    assert all(slot.microsecond == 0 for slot in slots)


def test_an_event_near_the_border_of_half_days_comes_once():
    # Around 01:00 UTC ephem finds this sunset from both half days, in May a second apart at times.
    cadence, instant, slots = (
        SolarCadence("sunset", 52.52, -74),
        datetime(2026, 5, 1, tzinfo=UTC),
        [],
    )
    for _ in range(60):
        instant = cadence.next_after(instant)
        slots.append(instant)

    assert all(later - earlier > timedelta(hours=23) for earlier, later in pairwise(slots))
    assert {slot.hour for slot in slots} == {0, 1}


@pytest.mark.parametrize(
    ("event", "latitude", "since", "month"),
    [
        ("sunrise", 69.65, datetime(2026, 12, 5, tzinfo=UTC), (2027, 1)),
        ("sunset", 69.65, datetime(2026, 6, 1, tzinfo=UTC), (2026, 7)),
        ("sunset", -77.85, datetime(2026, 11, 15, tzinfo=UTC), (2027, 2)),
        ("dawn_astronomical", 52.52, datetime(2026, 6, 10, tzinfo=UTC), (2026, 7)),
    ],
)
def test_a_season_without_the_event_is_waited_out(event, latitude, since, month):
    slot = SolarCadence(event, latitude, 18.96).next_after(since)

    assert (slot.year, slot.month) == month


def test_polar_slots_go_on_in_order_through_the_year():
    cadence, instant, slots = SolarCadence("sunset", *TROMSO), NEW_YEAR, []
    while instant < NEW_YEAR + timedelta(days=365):
        instant = cadence.next_after(instant)
        slots.append(instant)

    # Some 60 days of midnight sun and 50 of polar night.
    assert 240 < len(slots) < 260
    assert all(later - earlier > timedelta(hours=22) for earlier, later in pairwise(slots))


def test_an_event_that_never_comes_is_none():
    assert SolarCadence("sunset", 90, 0).next_after(NEW_YEAR) is None
    assert SolarCadence("sunset", 90, 0).latest_at(NEW_YEAR, NEW_YEAR - timedelta(days=9)) is None


def test_the_latest_slot_is_the_last_sunset():
    cadence = SolarCadence("sunset", 52.52, 13.4)

    latest = cadence.latest_at(NEW_YEAR, NEW_YEAR - timedelta(days=30))

    assert NEW_YEAR - timedelta(days=1) < latest < NEW_YEAR < cadence.next_after(latest)


def test_the_sun_goes_down_with_the_calendar():
    assert SolarCadence("sunset", 0, 0).next_after(datetime(9999, 12, 31, 23, tzinfo=UTC)) is None
    assert SolarCadence("sunset", 0, 0).next_after(datetime.min.replace(tzinfo=UTC)).year == 1


def test_a_place_reads_aloud():
    cadence = SolarCadence("sunset", float(Decimal("52.520000")), float(Decimal("13.4")))

    assert str(cadence) == "sunset at 52.52, 13.40"
    assert cadence == SolarCadence("sunset", 52.52, 13.4)
    assert (cadence.kind, cadence.zone) == ("solar", "UTC")


@pytest.mark.parametrize(
    ("event", "latitude", "longitude", "said"),
    [
        ("moonrise", 0, 0, "'moonrise' is no event; use one of dawn_astronomical"),
        ("sunset", 90.1, 0, "latitude 90.1 is out of range; use -90 to 90 degrees"),
        ("sunset", 0, -180.5, "longitude -180.5 is out of range; use -180 to 180 degrees"),
        ("sunset", float("nan"), 0, "latitude nan is out of range"),
        ("sunset", 0, float("inf"), "longitude inf is out of range"),
        ("sunset", "north", 0, "latitude north is out of range"),
        ("sunset", None, 0, "latitude None is out of range"),
    ],
)
def test_an_unknown_event_or_place_is_refused(event, latitude, longitude, said):
    with pytest.raises(InvalidCadence, match=f"solar: {said}"):
        SolarCadence(event, latitude, longitude)
