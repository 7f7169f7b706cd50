"""An independent statement of when a crontab fires, slow and plain.

It imports nothing from the package. It walks through real time minute by minute with an eye on the
wall clock. Elapsed rule (hour field `*`): a minute fires if the clock shows a matching time. Clock
rule: a matching time fires in the minute in which the clock shows it, or a later time, for the
first time ever; so a clock that jumps fires all it has jumped over, at once (gap "shift"), or only
what it shows ("skip"), and a clock set back fires nothing until it shows something new (repeat
"first"), or all that it shows ("both").
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
# No clock was ever set back further than a day.
FURTHEST_BACK = timedelta(hours=25)
RANGES = {"minute": (0, 59), "hour": (0, 23), "day": (1, 31), "month": (1, 12), "weekday": (0, 6)}


def slots(
    text: str,
    zone_name: str,
    after: datetime,
    until: datetime,
    gap: str = "shift",
    repeat: str = "first",
) -> list[datetime]:
    """All slots with `after` < slot <= `until`."""
    wanted = {
        name: numbers(part, *RANGES[name]) for name, part in zip(RANGES, text.split(), strict=True)
    }
    zone = ZoneInfo(zone_name)
    firing = (
        by_elapsed_time(wanted, zone, after, until)
        if text.split()[1] == "*"
        else by_the_clock(wanted, zone, after, until, gap, repeat)
    )
    return [at for at in firing if after < at <= until]


def by_elapsed_time(
    wanted: dict[str, set[int]], zone: ZoneInfo, after: datetime, until: datetime
) -> Iterator[datetime]:
    for at, shown in showings(zone, after, until):
        if matches(wanted, shown):
            yield at


def by_the_clock(
    wanted: dict[str, set[int]],
    zone: ZoneInfo,
    after: datetime,
    until: datetime,
    gap: str,
    repeat: str,
) -> Iterator[datetime]:
    latest_shown = None
    for at, shown in showings(zone, after - FURTHEST_BACK, until):
        latest_shown = latest_shown or shown
        if shown > latest_shown:
            passed = (shown - latest_shown) // MINUTE if gap == "shift" else 1
            if any(matches(wanted, shown - back * MINUTE) for back in range(passed)):
                yield at
            latest_shown = shown
        elif repeat == "both" and matches(wanted, shown):
            yield at


def showings(
    zone: ZoneInfo, after: datetime, until: datetime
) -> Iterator[tuple[datetime, datetime]]:
    at = after.astimezone(UTC).replace(second=0, microsecond=0)
    while at <= until:
        yield at, at.astimezone(zone).replace(tzinfo=None)
        at += MINUTE


def matches(wanted: dict[str, set[int]], shown: datetime) -> bool:
    return (
        shown.minute in wanted["minute"]
        and shown.hour in wanted["hour"]
        and shown.day in wanted["day"]
        and shown.month in wanted["month"]
        and (shown.weekday() + 1) % 7 in wanted["weekday"]
    )


def numbers(text: str, low: int, high: int) -> set[int]:
    """The numbers a field names; ranges run round past the end; 7 is Sunday among weekdays."""
    found: set[int] = set()
    for item in text.split(","):
        walk, _, step = item.partition("/")
        first, _, last = (f"{low}-{high}" if walk == "*" else walk).partition("-")
        found.update(round_trip(int(first), int(last or first), low, high)[:: int(step or 1)])
    return {number % 7 for number in found} if high == 6 else found


def round_trip(first: int, last: int, low: int, high: int) -> list[int]:
    if first <= last:
        return list(range(first, last + 1))
    if first > high:
        return list(range(low, last + 1))
    return [*range(first, high + 1), *range(low, last + 1)]


def changes(zone_name: str, first_year: int, last_year: int) -> list[datetime]:
    """The instants, to the minute, at which the zone's offset changes in these years."""
    zone = ZoneInfo(zone_name)
    days = [
        datetime(first_year, 1, 1, tzinfo=UTC) + timedelta(days=day)
        for day in range((last_year - first_year + 1) * 365)
    ]
    offsets = [day.astimezone(zone).utcoffset() for day in days]
    return [
        next(
            at
            for minute in range(1441)
            if (at := day + minute * MINUTE).astimezone(zone).utcoffset() != offset
        )
        for day, offset, later in zip(days, offsets, offsets[1:], strict=False)
        if offset != later
    ]
