"""Crontab slots against an enumeration of every minute, and against cronsim."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import available_timezones

import pytest
from cronsim import CronSim
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scheduling.cadence import CrontabCadence
from scheduling.cadence.walltime import FURTHEST_OFFSET, offset_at, zone_named
from tests.scheduling.cadence import oracle

ZONES = [
    "UTC",
    "Asia/Kolkata",
    "Europe/Berlin",
    "Europe/Dublin",
    "Europe/Istanbul",
    "America/New_York",
    "America/St_Johns",
    "America/Havana",
    "America/Asuncion",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/Caracas",
    "America/Nuuk",
    "America/Metlakatla",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/Juba",
    "Antarctica/Troll",
    "Antarctica/Casey",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Amman",
    "Asia/Tehran",
    "Asia/Pyongyang",
    "Asia/Almaty",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Easter",
    "Pacific/Norfolk",
    "Pacific/Bougainville",
]
ODD_CHANGES = [
    ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),
    ("America/St_Johns", datetime(2010, 11, 7, 2, 31, tzinfo=UTC)),
    ("America/St_Johns", datetime(2010, 3, 14, 3, 31, tzinfo=UTC)),
    ("America/Toronto", datetime(1919, 3, 31, 4, 30, tzinfo=UTC)),
    ("Pacific/Kwajalein", datetime(1969, 9, 30, 13, tzinfo=UTC)),
    ("Pacific/Kwajalein", datetime(1993, 8, 21, 12, tzinfo=UTC)),
]
SOME_DAY = datetime(2026, 1, 31, 12, tzinfo=UTC)
HALF_DAY = timedelta(hours=12)
# hypothesis adds the zone itself.
START, END = datetime(2015, 1, 1), datetime(2035, 1, 1)  # noqa: DTZ001


@lru_cache
def all_changes() -> list[tuple[str, datetime]]:
    found = [(zone, at) for zone in ZONES for at in oracle.changes(zone, 2015, 2035) or [SOME_DAY]]
    return found + ODD_CHANGES * 20


def walk(text: str, zone: str, after: datetime, until: datetime) -> list[datetime]:
    cadence, found = CrontabCadence.parse(text, zone), []
    while (after := cadence.next_after(after)) is not None and after <= until:
        found.append(after)
    return found


def items(low: int, high: int, steps: list[str]) -> st.SearchStrategy[str]:
    number = st.integers(low, high).map(str)
    span = st.tuples(number, number).map("-".join)
    stepped = st.tuples(st.just("*") | span, st.sampled_from(steps)).map("/".join)
    return st.lists(number | span | stepped, min_size=1, max_size=3).map(",".join)


minutes = st.sampled_from(["0", "30", "*/5", "*", "59", "1"]) | items(0, 59, ["7", "20"])
hours = st.sampled_from(["*", "*/1", "0-23", "0", "2", "23", "22-3"]) | items(
    0, 23, ["1", "2", "5"]
)
days = st.just("*") | items(1, 31, ["1", "2"])
weekdays = st.just("*") | items(0, 7, ["1", "2"])
crontabs = st.tuples(minutes, hours, days, st.just("*"), weekdays).map(" ".join)


@settings(derandomize=True, database=None, deadline=None, max_examples=200)
@given(
    crontabs,
    st.deferred(lambda: st.sampled_from(all_changes())),
    st.integers(-27 * 3600, 15 * 3600),
)
@example("*/30 * * * *", ODD_CHANGES[1], -3600)
@example("* 23 * * *", ODD_CHANGES[3], -26 * 3600)
def test_slots_around_a_change_are_those_of_every_minute(text, change, seconds):
    zone, changes_at = change
    after = changes_at + timedelta(seconds=seconds)

    assert walk(text, zone, after, after + HALF_DAY) == oracle.slots(
        text, zone, after, after + HALF_DAY
    )


@settings(derandomize=True, database=None, deadline=None, max_examples=40)
@given(
    crontabs,
    st.sampled_from(ZONES),
    st.datetimes(START, END, timezones=st.just(UTC)),
)
def test_slots_of_any_day_are_those_of_every_minute(text, zone, after):
    assert walk(text, zone, after, after + HALF_DAY) == oracle.slots(
        text, zone, after, after + HALF_DAY
    )


@settings(derandomize=True, database=None, deadline=None, max_examples=40)
@given(crontabs, st.deferred(lambda: st.sampled_from(all_changes())), st.integers(1, 40 * 3600))
def test_the_latest_slot_is_the_last_of_all(text, change, seconds):
    zone, changes_at = change
    since, instant = changes_at - timedelta(seconds=seconds), changes_at + timedelta(hours=5)
    found = oracle.slots(text, zone, since, instant)

    assert CrontabCadence.parse(text, zone).latest_at(instant, since) == (
        found[-1] if found else None
    )


@settings(derandomize=True, database=None, deadline=None, max_examples=100)
@given(
    st.tuples(
        st.sampled_from(["0", "*/15", "7,8", "10-50/20"]),
        st.sampled_from(["*", "3", "*/6", "8-18"]),
        st.sampled_from(["* *", "1 *", "31 *", "29 2", "1-7 3,9"]),
        st.just("*"),
    ).map(" ".join)
    | st.sampled_from(["0 4 * * 1-5", "0 4 * * 7", "*/30 4 * 2 6,7", "0 0 * 5 1"]),
    st.datetimes(START, END),
)
def test_cronsim_agrees_where_clocks_never_change(text, wall):
    after = wall.replace(tzinfo=zone_named("Asia/Kolkata"))
    simulated = CronSim(text, after)

    expected = [next(simulated).astimezone(UTC) for _ in range(5)]

    assert walk(text, "Asia/Kolkata", after, expected[-1]) == expected


@pytest.mark.long
def test_every_zone_keeps_the_rule_at_its_latest_changes():
    for zone in sorted(available_timezones()):
        for changes_at in oracle.changes(zone, 2015, 2035)[-2:]:
            after, until = changes_at - timedelta(hours=4), changes_at + timedelta(hours=4)
            for text in ("*/10 * * * *", "*/10 0-23 * * *"):
                assert walk(text, zone, after, until) == oracle.slots(text, zone, after, until), (
                    zone,
                    changes_at,
                    text,
                )


def test_no_zone_lies_beyond_the_furthest_offset():
    for name in available_timezones():
        for year in (1800, 1900, 1970, 2026):
            offset = offset_at(zone_named(name), datetime(year, 1, 1, tzinfo=UTC))

            assert abs(offset) <= FURTHEST_OFFSET, name


@pytest.mark.long
def test_no_zone_changes_twice_within_three_days():
    days = [datetime(1930, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(120 * 365)]
    for name in available_timezones():
        offsets = [offset_at(zone_named(name), day) for day in days]
        changing = [day for day, (one, two) in enumerate(pairwise(offsets)) if one != two]

        assert all(later - earlier > 3 for earlier, later in pairwise(changing)), name
