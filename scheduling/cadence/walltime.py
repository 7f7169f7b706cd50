"""What a zone's wall clock reads, and what becomes of a reading that is skipped or repeated.

A day is a local date, written as the midnight that begins it as though it were in UTC. A reading is
a number of minutes since that midnight. An instant is in UTC.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from scheduling.cadence.invalid import InvalidCadence

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
# No zone was ever further from UTC (Asia/Manila, 15:56:08 behind until 1844).
FURTHEST_OFFSET = timedelta(hours=16)


class Stretch(NamedTuple):
    """A zone's offset from UTC, and from when until when (exclusive) it holds."""

    starts_at: datetime
    ends_at: datetime
    offset: timedelta


# ZoneInfo itself holds on to no more than eight zones and reads the others' files again.
@lru_cache(maxsize=1024)
def zone_named(name: str) -> ZoneInfo:
    """The IANA zone of that name. InvalidCadence if there is none."""
    try:
        return ZoneInfo(name)
    # Beside its own LookupError, ZoneInfo lets through what a path can do wrong: ValueError for
    # "../etc", OSError for a directory such as "Europe" or a name too long for the file system.
    except (LookupError, ValueError, OSError):
        raise InvalidCadence(
            "timezone", f"{name!r} is no IANA time zone; use a name such as Europe/Berlin"
        ) from None


def offset_at(zone: ZoneInfo, instant: datetime) -> timedelta:
    # An aware local time always has an offset, which its type cannot say.
    return instant.astimezone(zone).utcoffset() or timedelta(0)


@lru_cache(maxsize=16384)
def stretches_around(zone_name: str, day: date) -> tuple[Stretch, ...]:
    """The stretches that hold every instant whose clock shows `day`: one, or two near a change.

    Two are enough: no zone ever changed its offset twice within three days (the closest,
    Africa/Freetown in September 1939, is four days apart), and a window is 56 hours long.
    """
    zone = zone_named(zone_name)
    starts_at = midnight_of(day) - FURTHEST_OFFSET
    ends_at = midnight_of(day) + DAY + FURTHEST_OFFSET
    before, after = offset_at(zone, starts_at), offset_at(zone, ends_at)
    if before == after:
        return (Stretch(starts_at, ends_at, before),)
    changes_at = _change_between(zone, starts_at, ends_at)
    return Stretch(starts_at, changes_at, before), Stretch(changes_at, ends_at, after)


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


def local_date(instant: datetime, zone_name: str) -> date:
    return instant.astimezone(zone_named(zone_name)).date()


def is_near_change(day: date, zone_name: str) -> bool:
    return len(stretches_around(zone_name, day)) > 1


def midnight_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def next_real_minute(
    readings: Sequence[int], day: date, stretches: Sequence[Stretch], instant: datetime
) -> datetime | None:
    """Elapsed time counts: the first instant after this one at which the clock shows a reading.

    A repeated reading is shown twice, a skipped one never.
    """
    for stretch in stretches:
        midnight = midnight_of(day) - stretch.offset
        floor = max(instant, stretch.starts_at - datetime.resolution)
        index = bisect_right(readings, (floor - midnight) // MINUTE)
        if index == len(readings):
            continue
        slot = midnight + readings[index] * MINUTE
        if slot < stretch.ends_at:
            return slot
    return None


def next_first_showing(
    readings: Sequence[int], day: date, stretches: Sequence[Stretch], instant: datetime
) -> datetime | None:
    """The wall clock counts: a reading fires once, when the clock first shows it or has passed it.

    That is the first of two showings, and for a skipped reading the first instant after the gap.
    """

    def first_showing(reading: int) -> datetime:
        return _first_showing(midnight_of(day) + reading * MINUTE, stretches)

    index = bisect_right(readings, instant, key=first_showing)
    return first_showing(readings[index]) if index < len(readings) else None


def _first_showing(wall: datetime, stretches: Sequence[Stretch]) -> datetime:
    *earlier, last = stretches
    reaching = (stretch for stretch in earlier if wall < stretch.ends_at + stretch.offset)
    stretch = next(reaching, last)
    return max(wall - stretch.offset, stretch.starts_at)
