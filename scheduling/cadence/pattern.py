"""Five crontab fields once read, and the slots they name on a wall clock.

A pattern belongs to no tenant: a hundred thousand tenants share few of them.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from scheduling.cadence.fields import (
    DAY_OF_MONTH,
    DAY_OF_WEEK,
    HOUR,
    MINUTE,
    MONTH_NAMES,
    MONTH_OF_YEAR,
)
from scheduling.cadence.invalid import InvalidCadence
from scheduling.cadence.walltime import (
    DAY,
    Stretch,
    is_near_change,
    local_date,
    next_first_showing,
    next_real_minute,
    stretches_around,
)

FIELDS = (MINUTE, HOUR, DAY_OF_MONTH, MONTH_OF_YEAR, DAY_OF_WEEK)
# February as long as it gets.
DAYS_IN_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

# What a change of the clocks does to a day's readings: the first slot among them after an instant.
ClockRule = Callable[[Sequence[int], date, Sequence[Stretch], datetime], datetime | None]


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """The days that the fields name, such a day's readings in order, and the rule for changes."""

    readings: Sequence[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    rule: ClockRule

    def next_after(self, instant: datetime, zone_name: str) -> datetime | None:
        """The first slot after `instant` on that zone's wall clock.

        OverflowError where the calendar ends.
        """
        for day in self._days_from(_first_day(instant, zone_name)):
            slot = self._next_on(day, instant, zone_name)
            if slot is not None:
                return self._or_next_day_if_sooner(slot, day, instant, zone_name)
        return None

    def names(self, day: date) -> bool:
        return (
            day.month in self.months
            and day.day in self.days
            and day.isoweekday() % 7 in self.weekdays
        )

    def _days_from(self, day: date) -> Iterator[date]:
        while True:
            if day.month not in self.months:
                day = _next_month(day)
                continue
            if self.names(day):
                yield day
            day += DAY

    def _next_on(self, day: date, instant: datetime, zone_name: str) -> datetime | None:
        stretches = stretches_around(zone_name, day)
        # On any other day all rules agree, and this one is the quickest.
        rule = self.rule if len(stretches) > 1 else next_real_minute
        return rule(self.readings, day, stretches, instant)

    def _or_next_day_if_sooner(
        self, slot: datetime, day: date, instant: datetime, zone_name: str
    ) -> datetime:
        """A clock set back over midnight shows tomorrow's first minutes before today's last."""
        if not is_near_change(day, zone_name) or not self.names(day + DAY):
            return slot
        return min(slot, self._next_on(day + DAY, instant, zone_name) or slot)


@lru_cache(maxsize=4096)
def pattern_of(text: str) -> Pattern:
    """The pattern of "m h dom mon dow". InvalidCadence names the field that cannot be read."""
    minutes, hours, days, months, weekdays = values_of(texts := split(text))
    _require_a_possible_date(days, months)
    rule = next_real_minute if texts[1] == "*" else next_first_showing
    return Pattern(_readings(hours, minutes), days, months, weekdays, rule)


def _readings(hours: frozenset[int], minutes: frozenset[int]) -> Sequence[int]:
    # Kept as 16-bit numbers: a tenant who tries every pattern fills the cache with 3 kB each.
    return array("H", (60 * hour + minute for hour in sorted(hours) for minute in sorted(minutes)))


def split(text: str) -> list[str]:
    texts = text.split()
    if len(texts) != len(FIELDS):
        raise InvalidCadence("crontab", f"{len(texts)} fields; use five, as in 0 3 * * 1-5")
    return texts


def values_of(texts: Sequence[str]) -> list[frozenset[int]]:
    """The numbers that each of the five texts names."""
    return [field.parse(text) for field, text in zip(FIELDS, texts, strict=True)]


def _require_a_possible_date(days: frozenset[int], months: frozenset[int]) -> None:
    """Any date falls on each weekday sooner or later, 29 February within forty years."""
    longest = max(DAYS_IN_MONTHS[month - 1] for month in months)
    if min(days) > longest:
        names = ", ".join(MONTH_NAMES[month - 1].capitalize() for month in sorted(months))
        raise InvalidCadence(
            "day_of_month", f"day {min(days)} never comes in {names}; use 1 to {longest}"
        )


def _first_day(instant: datetime, zone_name: str) -> date:
    """Where to begin: today, but near a change, a clock set back may show yesterday again."""
    today = local_date(instant, zone_name)
    return today - DAY if is_near_change(today, zone_name) else today


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)
