"""Ten years in the zones of tzdata, each crontab against every minute; SEED= draws others."""

import os
import random
from bisect import bisect_right
from datetime import timedelta
from zoneinfo import available_timezones

import pytest

from scheduling.cadence import CrontabCadence
from tests.scheduling.cadence import oracle, timeline
from tests.scheduling.cadence.strategies import ZONES

SEED = int(os.environ.get("SEED", "5"))
START, END = timeline.years(2020, 2030)


def source_of_chance(what):
    """Return one of its own for each zone, so that each test can be repeated alone."""
    return random.Random(f"{SEED} {what}")  # noqa: S311  # nothing secret is drawn


EVERY_ZONE = sorted(available_timezones())
#: Of these something is known: half hours, clocks changed by half an hour, new rules, no changes.
NOTED = ["Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca", "America/Nuuk"]
CHOICES = [
    {"gap": gap, "repeat": repeat} for gap in ("shift", "skip") for repeat in ("first", "both")
]


def check(zone, rng, count):
    for _ in range(count):
        text, choice = timeline.draw_crontab(rng), rng.choice(CHOICES)
        expected = timeline.slots(text, zone, START, END, **choice)
        cadence = CrontabCadence.parse(text, zone, **choice)

        before = START - timeline.MINUTE
        told = zone, text, choice, f"SEED={SEED}"
        assert list(cadence.slots(before, END - timeline.MINUTE)) == expected, told
        for instant in (START + rng.random() * (END - START) for _ in range(100)):
            found = bisect_right(expected, instant)
            later = expected[found] if found < len(expected) else None
            assert later is None or cadence.next_after(instant) == later, (*told, instant)


@pytest.mark.parametrize("zone", [*NOTED, *source_of_chance("zones").sample(EVERY_ZONE, 4)])
def test_ten_years_of_drawn_crontabs_are_those_of_every_minute(zone):
    check(zone, source_of_chance(zone), 2)


@pytest.mark.long
@pytest.mark.parametrize("zone", EVERY_ZONE)
def test_ten_years_in_every_zone_are_those_of_every_minute(zone):
    check(zone, source_of_chance(zone), 5)


@pytest.mark.parametrize("zone", source_of_chance("zones").sample(ZONES, 4))
def test_both_oracles_agree_on_days_with_and_without_a_change(zone):
    rng = source_of_chance(zone)
    changes = oracle.changes(zone, 2021, 2028) or [START + timedelta(days=500)]
    since = rng.choice(changes) - timedelta(hours=20)
    until = since + timedelta(hours=40)
    for _ in range(3):
        text, choice = timeline.draw_crontab(rng), rng.choice(CHOICES)
        ten_years = timeline.slots(text, zone, START, END, **choice)

        within = [at for at in ten_years if since < at <= until]
        assert within == oracle.slots(fields(text), zone, since, until, **choice)


def fields(text):
    return " ".join(map(timeline.numbered, text.split(), oracle.RANGES))


def test_days_that_come_in_some_years_only_are_found():
    found = {}
    for text in ("0 0 29 2 *", "0 0 29 2 1", "0 0 31 1-12/2 5"):
        cadence, instant, years = CrontabCadence.parse(text, "Asia/Kolkata"), START, []
        for _ in range(3):
            instant = cadence.next_after(instant)
            years.append(f"{instant + timedelta(hours=5.5):%Y-%m-%d}")
        found[text] = years

    assert found == {
        "0 0 29 2 *": ["2020-02-29", "2024-02-29", "2028-02-29"],
        "0 0 29 2 1": ["2044-02-29", "2072-02-29", "2112-02-29"],
        "0 0 31 1-12/2 5": ["2020-01-31", "2020-07-31", "2023-03-31"],
    }


def test_a_decade_without_a_match_is_empty_and_not_the_end():
    cadence = CrontabCadence.parse("0 0 29 2 1", "Europe/Berlin")

    assert list(cadence.slots(START, END)) == []
    assert timeline.slots("0 0 29 2 1", "Europe/Berlin", START, END) == []
    assert cadence.next_after(END) is not None
