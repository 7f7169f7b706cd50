"""The last thirty days of a tenant's runs, day by day: as figures, and as a strip that is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncDate

from scheduling.effect import GAP, HEIGHT, STEP, bar_height
from scheduling.models import Run

DAYS = 30
#: Beneath the bars there is a sign for each day, within so much.
SIGN = 12

BADLY = (Run.State.FAILED, Run.State.MISSED)


class Day(NamedTuple):
    """How the runs of one day ended, and what they closed."""

    begin: datetime
    succeeded: int = 0
    failed: int = 0
    other: int = 0
    closed: int = 0

    @property
    def day(self) -> date:
        return self.begin.date()

    @property
    def end(self) -> datetime:
        return datetime.combine(self.day + timedelta(days=1), time(), self.begin.tzinfo)

    @property
    def sign(self) -> str:
        """What is drawn for it: how the worst of its runs ended."""
        if self.failed:
            return "failed"
        return "succeeded" if self.succeeded else "other" if self.other else "none"


class Bar(NamedTuple):
    """One day of the strip, with whole numbers: they are written alike in all languages."""

    x: int
    y: int
    width: int
    height: int
    middle: int
    day: Day


@dataclass(frozen=True)
class Month:
    """Thirty days, the oldest first."""

    days: list[Day]
    base: int = HEIGHT
    height: int = HEIGHT + SIGN
    sign_middle: int = HEIGHT + SIGN // 2

    @property
    def has_runs(self) -> bool:
        return any(day.sign != "none" for day in self.days)

    @property
    def closed(self) -> int:
        return sum(day.closed for day in self.days)

    @property
    def failed(self) -> int:
        return sum(day.failed for day in self.days)

    @property
    def succeeded(self) -> int:
        return sum(day.succeeded for day in self.days)

    @property
    def width(self) -> int:
        return STEP * len(self.days)

    @property
    def bars(self) -> list[Bar]:
        most = max((day.closed for day in self.days), default=0)
        width = STEP - GAP
        heights = [bar_height(day.closed, most) for day in self.days]
        return [
            Bar(place * STEP, HEIGHT - height, width, height, place * STEP + width // 2, day)
            for place, (height, day) in enumerate(zip(heights, self.days, strict=True))
        ]


def month_until(now: datetime, zone: ZoneInfo) -> Month:
    """Return the days up to `now` on the calendar of this zone, in one query that adds up there."""
    today = now.astimezone(zone).date()
    begins = [
        datetime.combine(today - timedelta(days=ago), time(), zone) for ago in reversed(range(DAYS))
    ]
    runs = Run.objects.filter(slot_at__gte=begins[0], slot_at__lte=now).order_by()
    by_day = runs.annotate(day=TruncDate("slot_at", tzinfo=zone)).values("day")
    rows = by_day.annotate(
        number=Count("pk"),
        succeeded=Count("pk", filter=Q(state=Run.State.SUCCEEDED)),
        failed=Count("pk", filter=Q(state__in=BADLY)),
        sum_closed=Sum("closed"),
    )
    found = {row["day"]: row for row in rows}
    return Month([day_of(begin, found.get(begin.date())) for begin in begins])


def day_of(begin: datetime, row: Any) -> Day:
    if row is None:
        return Day(begin)
    other = row["number"] - row["succeeded"] - row["failed"]
    return Day(begin, row["succeeded"], row["failed"], other, row["sum_closed"])
