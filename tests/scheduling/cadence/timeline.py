"""Every minute of some years in a zone, and which of them a crontab fires in; independent of the package.

As `oracle` says it, but fast enough for ten years: a clock that goes on is a slice of the minutes that
it shows. Where it jumps, minutes it had shown before are blank, and what it leaps over fires at once.
"""

import random
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from tests.scheduling.cadence import oracle

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NAMES = {
    "month": ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    "weekday": ["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
}
#: Walls are counted from so long before the first instant: more than any offset from UTC.
MARGIN = 2 * 1440


def slots(text, zone_name, start, end, gap="shift", repeat="first"):
    """All slots with `start` <= slot < `end`, both midnights in UTC."""
    shown = minutes_shown(text, start, end)
    is_hourly = text.split()[1] == "*"
    fired, latest = bytearray(), None
    for begin, stop, offset in segments(zone_name, start, end):
        first, last = begin + offset + MARGIN, stop + offset + MARGIN
        part = bytearray(shown[first:last])
        if latest is not None and not is_hourly:
            if first > latest and gap == "shift":
                part[0] |= any(shown[latest:first])
            elif first < latest and repeat == "first":
                blank = min(latest, last) - first
                part[:blank] = bytes(blank)
        fired += part
        latest = last if latest is None else max(latest, last)
    return [start + minute * MINUTE for minute, fires in enumerate(fired) if fires]


def minutes_shown(text, start, end):
    """Return a byte for each minute that any clock can show: 1 where the fields match."""
    wanted = {
        name: oracle.numbers(numbered(part, name), *oracle.RANGES[name])
        for name, part in zip(oracle.RANGES, text.split(), strict=True)
    }
    day = bytes(
        minute % 60 in wanted["minute"] and minute // 60 in wanted["hour"] for minute in range(1440)
    )
    first = start.date() - timedelta(minutes=MARGIN)
    dates = [first + number * DAY for number in range((end - start).days + 2 * MARGIN // 1440)]
    return b"".join(day if is_wanted(one, wanted) else bytes(1440) for one in dates)


def is_wanted(day: date, wanted):
    weekday = (day.weekday() + 1) % 7
    return (
        day.day in wanted["day"] and day.month in wanted["month"] and weekday in wanted["weekday"]
    )


def numbered(part, name):
    for number, word in enumerate(NAMES.get(name, ()), start=1 if name == "month" else 0):
        part = part.lower().replace(word, str(number))
    return part


def segments(zone_name, start, end):
    """Return from which minute to which (exclusive) the zone has which offset, in minutes."""
    zone = ZoneInfo(zone_name)
    hours = [start + number * HOUR for number in range((end - start) // HOUR + 1)]
    offsets = [at.astimezone(zone).utcoffset() for at in hours]
    found, begin = [], 0
    for number, (before, after) in enumerate(pairwise(offsets)):
        if before != after:
            change = next(
                minute
                for minute in range(1, 61)
                if (hours[number] + minute * MINUTE).astimezone(zone).utcoffset() != before
            )
            found.append((begin, number * 60 + change, before // MINUTE))
            begin = number * 60 + change
    stop = (end - start) // MINUTE
    last = (begin, stop, offsets[-2] // MINUTE)
    return [*found, last] if begin < stop else found


def draw_crontab(rng: random.Random):
    """Return a crontab of anything that its fields may hold: names, lists, ranges, steps."""
    return " ".join(
        (
            rng.choice(["0", "*/20", "7,38", "10-50/20", "59", "50-10/7"]),
            rng.choice(["*", "2", "0", "1-3", "22-3", "*/5", "23", "2,3", "*/1"]),
            rng.choice(["*", "*", "*", "1-7", "29", "31", "28-2", "*/10"]),
            rng.choice(["*", "*", "*", "feb", "mar,oct", "3-11/4", "nov-feb", "APR"]),
            rng.choice(["*", "*", "mon-fri", "0", "7", "sun", "5-7", "Sat,3", "6-1"]),
        )
    )


def years(first, last):
    return datetime(first, 1, 1, tzinfo=UTC), datetime(last, 1, 1, tzinfo=UTC)
