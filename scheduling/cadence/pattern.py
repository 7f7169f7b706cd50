"""Five crontab fields once read, and the walls they name on any clock.

A pattern belongs to no tenant: a hundred thousand tenants share few of them.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise

from scheduling.cadence import fields
from scheduling.cadence.invalid import InvalidCadence
from scheduling.cadence.walltime import DAY, MINUTE, midnight_of
from wording.sentences import Sentence
from wording.sentences import noop as _

NOT_FIVE = Sentence(_("%(count)s fields; use five, as in 0 3 * * 1-5"))
NEVER_COMES = Sentence(
    _("day %(day)s never comes in %(months)s; use 1 to %(longest)s"), terms=["months"]
)

FIELDS = (
    fields.MINUTE,
    fields.HOUR,
    fields.DAY_OF_MONTH,
    fields.MONTH_OF_YEAR,
    fields.DAY_OF_WEEK,
)
MINUTES_A_DAY = 24 * 60
# February as long as it gets.
DAYS_IN_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """The days that the fields name, and such a day's readings in order.

    `hourly`: the hour field is `*`.
    """

    readings: Sequence[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    hourly: bool

    def walls(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """The walls that the fields name, from `start` up to `end` (exclusive)."""
        for day in self._days_from(start.date(), end.date()):
            midnight = midnight_of(day)
            for reading in self.readings[self._index(start - midnight) :]:
                wall = midnight + reading * MINUTE
                if wall >= end:
                    return
                yield wall

    def walls_backwards(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """As `walls`, the latest first."""
        for day in self._days_back_from(end.date(), start.date()):
            midnight = midnight_of(day)
            for reading in reversed(self.readings[: self._index(end - midnight)]):
                wall = midnight + reading * MINUTE
                if wall < start:
                    return
                yield wall

    def count(self, start: datetime, end: datetime) -> int:
        """How many `walls` there are, at the cost of a look at each day."""
        if start >= end:
            return 0
        days = sum(1 for _ in self._days_from(start.date(), end.date() - DAY))
        return days * len(self.readings) - self._passed_at(start) + self._passed_at(end)

    def least_gap(self) -> timedelta:
        """The least time between two walls; a day's last and the next day's first are two as well.

        Whether two days ever follow each other is judged by each field for itself.
        """
        gaps = [later - earlier for earlier, later in pairwise(self.readings)]
        overnight = MINUTES_A_DAY - self.readings[-1] + self.readings[0]
        return min([*gaps, overnight if self._names_days_in_a_row() else MINUTES_A_DAY]) * MINUTE

    def _names_days_in_a_row(self) -> bool:
        tomorrows = {day + 1 for day in self.days} | ({1} if max(self.days) >= 28 else set())
        return bool(self.days & tomorrows) and any(
            (day + 1) % 7 in self.weekdays for day in self.weekdays
        )

    def names(self, day: date) -> bool:
        return day.month in self.months and self._names_in_month(day)

    def _names_in_month(self, day: date) -> bool:
        return day.day in self.days and day.isoweekday() % 7 in self.weekdays

    def _passed_at(self, wall: datetime) -> int:
        """How many of its day's readings lie before this wall."""
        return self._index(wall - midnight_of(wall)) if self.names(wall) else 0

    def _index(self, since_midnight: timedelta) -> int:
        """How many readings come sooner after midnight; a part of a minute counts as one."""
        return bisect_left(self.readings, -(-since_midnight // MINUTE))

    def _days_from(self, day: date, last: date) -> Iterator[date]:
        while day <= last:
            if day.month not in self.months:
                day = _next_month(day)
                continue
            if self._names_in_month(day):
                yield day
            day += DAY

    def _days_back_from(self, day: date, first: date) -> Iterator[date]:
        while day >= first:
            if day.month not in self.months:
                day = day.replace(day=1) - DAY
                continue
            if self._names_in_month(day):
                yield day
            day -= DAY


@lru_cache(maxsize=4096)
def pattern_of(text: str) -> Pattern:
    """The pattern of "m h dom mon dow". InvalidCadence names the field that cannot be read."""
    minutes, hours, days, months, weekdays = values_of(texts := split(text))
    _require_a_possible_date(days, months)
    return Pattern(_readings(hours, minutes), days, months, weekdays, hourly=texts[1] == "*")


def _readings(hours: frozenset[int], minutes: frozenset[int]) -> Sequence[int]:
    # Kept as 16-bit numbers: a tenant who tries every pattern fills the cache with 3 kB each.
    return array("H", (60 * hour + minute for hour in sorted(hours) for minute in sorted(minutes)))


def split(text: str) -> list[str]:
    texts = text.split()
    if len(texts) != len(FIELDS):
        raise InvalidCadence("crontab", NOT_FIVE(count=len(texts)))
    return texts


def values_of(texts: Sequence[str]) -> list[frozenset[int]]:
    """The numbers that each of the five texts names."""
    return [field.parse(text) for field, text in zip(FIELDS, texts, strict=True)]


def _require_a_possible_date(days: frozenset[int], months: frozenset[int]) -> None:
    """Any date falls on each weekday sooner or later, 29 February within forty years."""
    longest = max(DAYS_IN_MONTHS[month - 1] for month in months)
    if min(days) > longest:
        names = ", ".join(fields.MONTH_NAMES[month - 1].capitalize() for month in sorted(months))
        never = NEVER_COMES(day=min(days), months=names, longest=longest)
        raise InvalidCadence("day_of_month", never)


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)
