"""What changes of the clocks do to a cadence, in words, beside what the cadence does."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from scheduling.cadence import CrontabCadence
from scheduling.clock_changes import clock_changes

NOW = datetime(2026, 1, 10, 12, 0, tzinfo=UTC)
BERLIN = "Europe/Berlin"


def texts(crontab, zone=BERLIN, now=NOW, **choices):
    return [one.text for one in clock_changes(CrontabCadence.parse(crontab, zone, **choices), now)]


def test_a_skipped_and_a_repeated_time_are_told_in_their_order():
    assert texts("30 2 * * *") == [
        "On Sun 29 Mar 2026 the clocks go forward from 02:00 to 03:00: there is no 02:30 that day, "
        "and it runs at 03:00 CEST instead.",
        "On Sun 25 Oct 2026 the clocks go back from 03:00 to 02:00: 02:30 comes twice, "
        "and it runs the first time only.",
    ]


def test_what_was_chosen_is_told():
    gap, repeat = texts("30 2 * * *", gap="skip", repeat="both")

    assert gap.endswith("and it does not run then.")
    assert repeat.endswith("and it runs both times.")


@pytest.mark.parametrize("crontab", ["30 18 * * *", "30 2 * * 1-5", "30 2 1 * *", "30 * * * *"])
def test_what_no_change_touches_is_not_told(crontab):
    assert texts(crontab) == []


def test_a_zone_without_changes_has_none():
    assert texts("30 2 * * *", zone="Asia/Tokyo") == []


def test_a_change_by_half_an_hour_is_told_as_it_is():
    told = texts("45 1 * * *", zone="Australia/Lord_Howe")

    assert told == [
        "On Sun 5 Apr 2026 the clocks go back from 02:00 to 01:30: 01:45 comes twice, "
        "and it runs the first time only."
    ]


@pytest.mark.parametrize("gap", ["shift", "skip"])
@pytest.mark.parametrize("repeat", ["first", "both"])
def test_what_is_told_is_what_fires(gap, repeat):
    cadence = CrontabCadence.parse("30 2 * * *", BERLIN, gap=gap, repeat=repeat)
    spring, autumn = clock_changes(cadence, NOW)

    fired = {day: len(list(slots_on(cadence, day))) for day in ((2026, 3, 29), (2026, 10, 25))}

    assert ("instead" in spring.text) == (fired[2026, 3, 29] == 1)
    assert ("both times" in autumn.text) == (fired[2026, 10, 25] == 2)


def slots_on(cadence, day):
    year, month, number = day
    midnight = datetime(year, month, number, tzinfo=ZoneInfo(BERLIN))
    return cadence.slots(midnight, midnight.replace(hour=23))
