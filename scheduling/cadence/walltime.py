"""What a zone's wall clock reads, season by season.

A wall is what the clock reads, date and time, written as though it were in UTC. A day is a local
date. A reading is a number of minutes since a day's midnight. An instant is in UTC.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from scheduling.cadence.invalid import InvalidCadence
from wording.sentences import Sentence
from wording.sentences import noop as _

NO_ZONE = Sentence(_("%(name)s is no IANA time zone; use a name such as Europe/Berlin"))

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
MIDNIGHT = time(tzinfo=UTC)
INSTANT = datetime.resolution
# No zone ever changed its offset twice within three days (the closest, Africa/Freetown in September
# 1939, is four days apart), so that looking this often misses no change.
STRIDE = timedelta(days=3)
# The calendar without its first and last month: a month and a zone's offset more still lie in it.
EARLIEST = datetime(1, 2, 2, tzinfo=UTC)
LATEST = datetime(9999, 11, 29, tzinfo=UTC)


class Season(NamedTuple):
    """A zone's offset from UTC, and from when until when (exclusive) it holds.

    `shown` is the wall up to which the clock had come when the season began: later than the
    season's own first wall if the clock was set back, earlier if it was set forward.
    """

    starts_at: datetime
    ends_at: datetime
    offset: timedelta
    shown: datetime

    @property
    def first_wall(self) -> datetime:
        return self.starts_at + self.offset


# ZoneInfo itself holds on to no more than eight zones and reads the others' files again.
@lru_cache(maxsize=1024)
def zone_named(name: str) -> ZoneInfo:
    """The IANA zone of that name. InvalidCadence if there is none."""
    try:
        return ZoneInfo(name)
    # Beside its own LookupError, ZoneInfo lets through what a path can do wrong: ValueError for
    # "../etc", OSError for a directory such as "Europe" or a name too long for the file system.
    except (LookupError, ValueError, OSError):
        raise InvalidCadence("timezone", NO_ZONE(name=repr(name))) from None


def offset_at(zone: ZoneInfo, instant: datetime) -> timedelta:
    # An aware local time always has an offset, which its type cannot say.
    return instant.astimezone(zone).utcoffset() or timedelta(0)


def midnight_of(day: date) -> datetime:
    return datetime.combine(day, MIDNIGHT)


def seasons(
    zone_name: str, after: datetime, until: datetime, order: Literal[1, -1] = 1
) -> Iterator[Season]:
    """The zone's seasons with an instant after `after` and not after `until`.

    Order -1 gives the latest first.
    """
    for year in range(after.year, until.year + 1)[::order]:
        for season in seasons_of(zone_name, year)[::order]:
            if season.ends_at > after and season.starts_at <= until:
                yield season


# A year of a zone takes some 0.2 ms to look through and 1 kB to keep.
@lru_cache(maxsize=4096)
def seasons_of(zone_name: str, year: int) -> tuple[Season, ...]:
    """The zone's seasons within a year of UTC, the first and last cut off where the year is."""
    starts_at = max(datetime(year, 1, 1, tzinfo=UTC), EARLIEST)
    ends_at = LATEST if year == LATEST.year else datetime(year + 1, 1, 1, tzinfo=UTC)
    zone = zone_named(zone_name)
    # A clock set back shortly before the year still repeats readings within it.
    begins_at = starts_at - STRIDE
    borders = [begins_at, *_changes(zone, begins_at, ends_at), ends_at]
    whole = [_season(zone, *ends) for ends in pairwise(borders)]
    return tuple(_cut(season, starts_at) for season in whole if season.ends_at > starts_at)


def _season(zone: ZoneInfo, starts_at: datetime, ends_at: datetime) -> Season:
    before = offset_at(zone, starts_at - INSTANT)
    return Season(starts_at, ends_at, offset_at(zone, starts_at), starts_at + before)


def _cut(season: Season, starts_at: datetime) -> Season:
    """What remains of the season from `starts_at` on."""
    if season.starts_at >= starts_at:
        return season
    shown = max(season.shown, starts_at + season.offset)
    return season._replace(starts_at=starts_at, shown=shown)


def _changes(zone: ZoneInfo, starts_at: datetime, ends_at: datetime) -> Iterator[datetime]:
    """The instants between the two at which the zone's offset changes."""
    while starts_at < ends_at:
        later = min(starts_at + STRIDE, ends_at)
        if offset_at(zone, starts_at) != offset_at(zone, later):
            yield _change_between(zone, starts_at, later)
        starts_at = later


def _change_between(zone: ZoneInfo, starts_at: datetime, ends_at: datetime) -> datetime:
    """The instant of the one change between the two; changes fall on whole seconds."""
    before = offset_at(zone, starts_at)
    seconds = range(int((ends_at - starts_at).total_seconds()) + 1)
    later = bisect_right(
        seconds,
        False,
        key=lambda second: offset_at(zone, starts_at + timedelta(seconds=second)) != before,
    )
    return starts_at + timedelta(seconds=later)
