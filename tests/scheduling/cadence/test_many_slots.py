"""Stretches, the latest slots and all slots: the same as one next slot after another."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.cadence import (
    Cadence,
    ClockedCadence,
    CrontabCadence,
    IntervalCadence,
    SolarCadence,
    Stretch,
)
from tests.scheduling.cadence import oracle
from tests.scheduling.cadence.strategies import changes, choices, crontabs

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOUR, DAY, YEAR = timedelta(hours=1), timedelta(days=1), timedelta(days=365)
EDGES = [timedelta(microseconds=edge) for edge in (-1, 0, 1)]


def walk(cadence: Cadence, after: datetime, until: datetime) -> list[datetime]:
    found = []
    while (after := cadence.next_after(after)) is not None and after <= until:
        found.append(after)
    return found


def as_stretch(slots: list[datetime]) -> Stretch | None:
    return Stretch(slots[0], slots[-1], len(slots)) if slots else None


def assert_all_agree(cadence: Cadence, after: datetime, until: datetime, slots: list[datetime]):
    assert list(cadence.slots(after, until)) == slots
    assert cadence.stretch(after, until) == as_stretch(slots)
    assert cadence.latest(until, after, len(slots) + 1) == slots
    assert cadence.latest(until, after, 3) == slots[-3:]
    assert cadence.latest_at(until, after) == (slots[-1] if slots else None)


@settings(derandomize=True, database=None, deadline=None, max_examples=200)
@given(
    crontabs,
    changes,
    choices,
    st.integers(-30 * 60, 10 * 60),
    st.integers(-60, 30 * 60),
    st.sampled_from(EDGES),
)
def test_a_stretch_around_a_change_is_that_of_every_minute(
    text, change, choice, begin, length, edge
):
    zone, changes_at = change
    after = changes_at + timedelta(minutes=begin) + edge
    until = after + timedelta(minutes=length)
    cadence = CrontabCadence.parse(text, zone, **choice)

    assert_all_agree(cadence, after, until, oracle.slots(text, zone, after, until, **choice))


instants = st.integers(-3 * 86400, 3 * 86400).map(lambda seconds: NOON + timedelta(seconds=seconds))
bounds = st.fixed_dictionaries(
    {"start_at": st.none() | instants, "expires_at": st.none() | instants}
)
CADENCES = [
    (CrontabCadence, "*/20 8-18 * * *", "America/Asuncion"),
    (CrontabCadence, "0 12 * * *", "UTC"),
    (IntervalCadence, timedelta(minutes=45), NOON - DAY),
    (IntervalCadence, timedelta(hours=7, microseconds=1), NOON),
    (ClockedCadence, NOON),
    (SolarCadence, "sunset", 52.52, 13.4),
]


@settings(derandomize=True, database=None, deadline=None, max_examples=200)
@given(st.sampled_from(CADENCES), bounds, instants, instants, st.sampled_from(EDGES))
def test_every_kind_agrees_with_its_next_slots_within_its_bounds(made_of, bounds, one, two, edge):
    kind, *details = made_of
    cadence = kind(*details, **bounds)

    assert_all_agree(cadence, one, two + edge, walk(cadence, one, two + edge))


@pytest.mark.parametrize("repeat", ["first", "both"])
@pytest.mark.parametrize("gap", ["shift", "skip"])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata"])
def test_two_years_are_counted_as_they_are_walked(zone, gap, repeat):
    cadence = CrontabCadence.parse("*/15 1-3 * * 6,7", zone, gap=gap, repeat=repeat)
    after, until = NOON - YEAR, NOON + YEAR

    assert_all_agree(cadence, after, until, walk(cadence, after, until))


@pytest.mark.parametrize("days", [1, 2, 3, 7, 8, 100])
def test_the_latest_sunsets_come_once_each(days):
    cadence = SolarCadence("sunset", 52.52, 13.4)
    after = NOON - days * DAY

    assert_all_agree(cadence, after, NOON, walk(cadence, after, NOON))


def test_the_choices_show_in_the_count():
    counts = {
        (gap, repeat): CrontabCadence.parse("30 2 * * *", "Europe/Berlin", gap=gap, repeat=repeat)
        .stretch(NOON, NOON + YEAR)
        .count
        for gap in ("shift", "skip")
        for repeat in ("first", "both")
    }

    assert counts == {
        ("shift", "first"): 365,
        ("shift", "both"): 366,
        ("skip", "first"): 364,
        ("skip", "both"): 365,
    }


def test_no_slot_is_no_stretch():
    cadence = CrontabCadence.parse("0 12 * * *", "UTC")

    assert cadence.stretch(NOON, NOON + HOUR) is None
    assert cadence.stretch(NOON - HOUR, NOON) == Stretch(NOON, NOON, 1)
    assert cadence.stretch(NOON + HOUR, NOON - HOUR) is None
    assert cadence.latest(NOON + HOUR, NOON - HOUR, 0) == []


@pytest.mark.parametrize(
    "cadence",
    [
        CrontabCadence.parse("* * * * *", "Australia/Lord_Howe"),
        CrontabCadence.parse("* 0-23 * * *", "Europe/Berlin", gap="skip", repeat="both"),
        IntervalCadence(timedelta(minutes=1), NOON - 9 * YEAR),
    ],
    ids=str,
)
def test_a_year_of_minutes_is_counted_at_once(cadence):
    before = perf_counter()

    assert cadence.stretch(NOON - YEAR, NOON).count == 365 * 24 * 60
    # Some 0.5 ms; to walk takes 300 ms and more.
    assert perf_counter() - before < 0.1


@pytest.mark.parametrize(
    ("cadence", "apart"),
    [
        (IntervalCadence(timedelta(microseconds=1), NOON - YEAR), timedelta(microseconds=1)),
        (IntervalCadence(timedelta(seconds=1), NOON - YEAR), timedelta(seconds=1)),
        (CrontabCadence.parse("* * * * *", "Europe/Berlin"), timedelta(minutes=1)),
        (CrontabCadence.parse("* * 2 3 *", "UTC"), timedelta(minutes=1)),
    ],
    ids=str,
)
def test_the_latest_slots_cost_the_same_however_many_came_before(cadence, apart):
    before = perf_counter()

    latest = cadence.latest(NOON, NOON - YEAR, 100)

    assert latest == [NOON - count * apart for count in reversed(range(100))]
    assert perf_counter() - before < 0.1


def test_a_one_off_is_found_however_long_ago_it_was():
    cadence, before = ClockedCadence(NOON - 1000 * YEAR), perf_counter()

    assert cadence.stretch(NOON - 1900 * YEAR, NOON) == Stretch(cadence.at, cadence.at, 1)
    # A day at a time would take a second and more.
    assert perf_counter() - before < 0.1


def test_a_stretch_may_end_or_begin_where_a_gap_does():
    cadence = CrontabCadence.parse("30 2 * * *", "Europe/Berlin")
    gap_ends_at = datetime(2026, 3, 29, 1, tzinfo=UTC)

    assert cadence.stretch(gap_ends_at - HOUR, gap_ends_at) == as_stretch([gap_ends_at])
    assert cadence.latest(gap_ends_at, gap_ends_at - HOUR, 9) == [gap_ends_at]
    assert cadence.stretch(gap_ends_at, gap_ends_at + HOUR) is None


def test_slots_come_one_by_one():
    cadence = CrontabCadence.parse("* * * * *", "UTC")

    endless = cadence.slots(NOON, datetime.max.replace(tzinfo=UTC))

    assert list(islice(endless, 2)) == [NOON + timedelta(minutes=1), NOON + timedelta(minutes=2)]


@pytest.mark.parametrize("ask", [Cadence.slots, Cadence.stretch])
@pytest.mark.parametrize(
    "span", [(NOON.replace(tzinfo=None), NOON), (NOON, NOON.replace(tzinfo=None))]
)
def test_nothing_is_sought_between_naive_times(ask, span):
    with pytest.raises(ValueError, match="no time zone"):
        ask(ClockedCadence(NOON), *span)


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/Los_Angeles"])
@pytest.mark.parametrize("text", ["0 0 1 6 *", "0 0 * 1 *", "0 0 * 12 *"])
def test_the_ends_of_the_calendar_hold_few_surprises(text, zone):
    cadence = CrontabCadence.parse(text, zone)
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

    assert cadence.latest_at(last, last - 2 * YEAR) > last - 2 * YEAR
    assert cadence.latest_at(first + 2 * YEAR, first) == walk(cadence, first, first + 2 * YEAR)[-1]
    assert cadence.stretch(last - DAY, last) is None
