"""The cadence of elapsed time: every so long, counted from an anchor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Self

from scheduling.cadence import reading
from scheduling.cadence.base import Cadence
from scheduling.cadence.invalid import InvalidCadence
from wording.sentences import Sentence
from wording.sentences import noop as _

# The periods of django_celery_beat's IntervalSchedule, the longest first.
NO_INTERVAL = Sentence(_("%(every)s is not an interval; use one longer than zero"))
NO_PERIOD = Sentence(_("%(period)s is no period; use one of %(units)s"))
ENDLESS = Sentence(_("%(every)s %(period)s is longer than the calendar"))

UNITS = {
    "days": timedelta(days=1),
    "hours": timedelta(hours=1),
    "minutes": timedelta(minutes=1),
    "seconds": timedelta(seconds=1),
    "microseconds": timedelta(microseconds=1),
}


@dataclass(frozen=True, slots=True)
class IntervalCadence(Cadence):
    """Slots at `anchor_at` and every `every` after it, whatever the wall clocks do meanwhile."""

    kind: ClassVar[str] = "interval"

    every: timedelta
    anchor_at: datetime

    def __post_init__(self) -> None:
        Cadence.__post_init__(self)
        self._keep_in_utc("anchor_at", "interval")
        if self.every <= timedelta(0):
            raise InvalidCadence("interval", NO_INTERVAL(every=self.every))

    @classmethod
    def of(
        cls,
        every: int,
        period: str,
        anchor_at: datetime,
        *,
        start_at: datetime | None = None,
        expires_at: datetime | None = None,
    ) -> Self:
        """The interval as django_celery_beat stores it; `period` is one of UNITS."""
        return cls(_length(every, period), anchor_at, start_at=start_at, expires_at=expires_at)

    @property
    def least_gap(self) -> timedelta:
        return self.every

    def __str__(self) -> str:
        unit = next(unit for unit, length in UNITS.items() if self.every % length == timedelta(0))
        count = self.every // UNITS[unit]
        return f"every {unit.removesuffix('s')}" if count == 1 else f"every {count} {unit}"

    def _first_after(self, instant: datetime) -> datetime:
        return self.anchor_at + self._passed_at(instant) * self.every

    # An interval may have too many slots to walk, so they are counted by division.
    def _backwards(self, after: datetime, until: datetime) -> Iterator[datetime]:
        for steps in reversed(range(self._passed_at(after), self._passed_at(until))):
            yield self.anchor_at + steps * self.every

    def _count(self, after: datetime, until: datetime) -> int:
        return self._passed_at(until) - self._passed_at(after)

    def _passed_at(self, instant: datetime) -> int:
        """How many slots there are up to this instant."""
        return max((instant - self.anchor_at) // self.every + 1, 0)

    def _details(self) -> dict[str, object]:
        return {
            "every_microseconds": self.every // datetime.resolution,
            "anchor_at": self.anchor_at.isoformat(),
        }

    @classmethod
    def _read(
        cls, data: Mapping[str, object], *, start_at: datetime | None, expires_at: datetime | None
    ) -> Self:
        every = _length(reading.whole_number(data, "every_microseconds"), "microseconds")
        return cls(
            every, reading.instant(data, "anchor_at"), start_at=start_at, expires_at=expires_at
        )


def _length(every: int, period: str) -> timedelta:
    if period not in UNITS:
        raise InvalidCadence("interval", NO_PERIOD(period=repr(period), units=", ".join(UNITS)))
    try:
        return every * UNITS[period]
    except OverflowError:
        raise InvalidCadence("interval", ENDLESS(every=every, period=period)) from None
