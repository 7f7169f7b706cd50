"""Crontab slots against an enumeration of every minute, and against cronsim."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from typing import Any
from zoneinfo import available_timezones

import pytest
from cronsim import CronSim
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scheduling.cadence import CrontabCadence
from scheduling.cadence.walltime import offset_at, zone_named
from tests.scheduling.cadence import oracle
from tests.scheduling.cadence.strategies import ODD_CHANGES, ZONES, changes, choices, crontabs

USUAL = {"gap": "shift", "repeat": "first"}
UNUSUAL = {"gap": "skip", "repeat": "both"}
HALF_DAY = timedelta(hours=12)
# hypothesis adds the zone itself.
START, END = datetime(2015, 1, 1), datetime(2035, 1, 1)  # noqa: DTZ001


def walk(
    text: str, zone: str, after: datetime, until: datetime, choice: dict[str, Any] = USUAL
) -> list[datetime]:
    cadence, found = CrontabCadence.parse(text, zone, **choice), []
    while (after := cadence.next_after(after)) is not None and after <= until:
        found.append(after)
    return found


@settings(derandomize=True, database=None, deadline=None, max_examples=300)
@given(
    crontabs,
    changes,
    choices,
    st.integers(-27 * 3600, 15 * 3600),
)
@example("*/30 * * * *", ODD_CHANGES[1], USUAL, -3600)
@example("* 23 * * *", ODD_CHANGES[3], USUAL, -26 * 3600)
def test_slots_around_a_change_are_those_of_every_minute(text, change, choice, seconds):
    zone, changes_at = change
    after = changes_at + timedelta(seconds=seconds)
    until = after + HALF_DAY

    assert walk(text, zone, after, until, choice) == oracle.slots(
        text, zone, after, until, **choice
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
@given(crontabs, changes, st.integers(1, 40 * 3600))
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
            for text, choice in product(("*/10 * * * *", "*/10 0-23 * * *"), (USUAL, UNUSUAL)):
                found = walk(text, zone, after, until, choice)

                expected = oracle.slots(text, zone, after, until, **choice)
                assert found == expected, (zone, changes_at, text, choice)


@pytest.mark.long
def test_no_zone_changes_twice_within_three_days():
    days = [datetime(1930, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(120 * 365)]
    for name in available_timezones():
        offsets = [offset_at(zone_named(name), day) for day in days]
        changing = [day for day, (one, two) in enumerate(pairwise(offsets)) if one != two]

        assert all(later - earlier > 3 for earlier, later in pairwise(changing)), name
