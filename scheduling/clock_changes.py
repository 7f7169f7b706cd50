"""The next changes of the clocks that touch a cadence, and what will happen then, in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from scheduling.cadence import CrontabCadence
from scheduling.cadence.pattern import pattern_of
from scheduling.cadence.walltime import INSTANT, Season, seasons

#: A year and what two dates of a change in two years can lie apart.
REACH = timedelta(days=400)


class ClockChange(NamedTuple):
    """The instant at which clocks change, and what that does to a cadence."""

    at: datetime
    text: str


def clock_changes(cadence: CrontabCadence, now: datetime) -> list[ClockChange]:
    """Return the next gap and the next repeat that touch the cadence within about a year."""
    found: dict[bool, ClockChange] = {}
    for season in changes_ahead(cadence.zone, now):
        is_gap = season.first_wall > season.shown
        if is_gap not in found and (wall := touched(cadence, season)):
            text = gap_text(cadence, season, wall) if is_gap else repeat_text(cadence, season, wall)
            found[is_gap] = ClockChange(season.starts_at, text)
    return sorted(found.values())


def changes_ahead(zone: str, now: datetime) -> Iterator[Season]:
    """Return the seasons that begin with another offset than the one before had."""
    for season in seasons(zone, now, now + REACH):
        if season.starts_at > now and season.first_wall != season.shown:
            yield season


def touched(cadence: CrontabCadence, season: Season) -> datetime | None:
    """Return the first time that the cadence names and the change skips or repeats, if there is one.

    Where the hour field is `*`, elapsed time counts and no change is noticed.
    """
    pattern = pattern_of(cadence.text)
    if pattern.hourly:
        return None
    ends = sorted([season.shown, season.first_wall])
    return next(pattern.walls(*ends), None)


def gap_text(cadence: CrontabCadence, season: Season, wall: datetime) -> str:
    said = words(season, wall)
    if cadence.next_after(season.starts_at - INSTANT) != season.starts_at:
        return (
            _(
                "On %(day)s the clocks go forward from %(before)s to %(after)s: there is no %(time)s "
                "that day, and it does not run then."
            )
            % said
        )
    said["instead"] = local_text(cadence, season.starts_at)
    return (
        _(
            "On %(day)s the clocks go forward from %(before)s to %(after)s: there is no %(time)s "
            "that day, and it runs at %(instead)s instead."
        )
        % said
    )


def repeat_text(cadence: CrontabCadence, season: Season, wall: datetime) -> str:
    said = words(season, wall)
    second_at = wall - season.offset
    if cadence.next_after(second_at - INSTANT) == second_at:
        return (
            _(
                "On %(day)s the clocks go back from %(before)s to %(after)s: %(time)s comes twice, "
                "and it runs both times."
            )
            % said
        )
    return (
        _(
            "On %(day)s the clocks go back from %(before)s to %(after)s: %(time)s comes twice, "
            "and it runs the first time only."
        )
        % said
    )


def words(season: Season, wall: datetime) -> dict[str, str]:
    return {
        "day": date_format(wall, _("D j M Y")),
        "before": f"{season.shown:%H:%M}",
        "after": f"{season.first_wall:%H:%M}",
        "time": f"{wall:%H:%M}",
    }


def local_text(cadence: CrontabCadence, at: datetime) -> str:
    local = at.astimezone(ZoneInfo(cadence.zone))
    return f"{local:%H:%M} {local.tzname()}"
