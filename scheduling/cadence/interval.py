"""The cadence of elapsed time: every so long, counted from an anchor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Self

from scheduling.cadence import reading
from scheduling.cadence.base import Cadence, in_utc
from scheduling.cadence.invalid import InvalidCadence

# The periods of django_celery_beat's IntervalSchedule, the longest first.
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
            raise InvalidCadence(
                "interval", f"{self.every} is not an interval; use one longer than zero"
            )

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

    def __str__(self) -> str:
        unit = next(unit for unit, length in UNITS.items() if self.every % length == timedelta(0))
        count = self.every // UNITS[unit]
        return f"every {unit.removesuffix('s')}" if count == 1 else f"every {count} {unit}"

    def latest_at(self, instant: datetime, since: datetime) -> datetime | None:
        """As in `Cadence`, by division: an interval may have too many slots to walk."""
        instant, since = in_utc(instant), in_utc(since)
        ends_at = instant if self.expires_at is None else min(instant, self.expires_at)
        steps = (ends_at - self.anchor_at) // self.every
        if steps < 0:
            return None
        slot = self.anchor_at + steps * self.every
        return slot if slot > since and (self.start_at is None or slot >= self.start_at) else None

    def _first_after(self, instant: datetime) -> datetime:
        steps = (instant - self.anchor_at) // self.every + 1
        return self.anchor_at + max(steps, 0) * self.every

    def _details(self) -> dict[str, object]:
        return {
            "every_microseconds": self.every // datetime.resolution,
            "anchor_at": self.anchor_at.isoformat(),
        }

    @classmethod
    def _read(
        cls, data: dict[str, object], *, start_at: datetime | None, expires_at: datetime | None
    ) -> Self:
        every = _length(reading.whole_number(data, "every_microseconds"), "microseconds")
        return cls(
            every, reading.instant(data, "anchor_at"), start_at=start_at, expires_at=expires_at
        )


def _length(every: int, period: str) -> timedelta:
    if period not in UNITS:
        raise InvalidCadence("interval", f"{period!r} is no period; use one of {', '.join(UNITS)}")
    try:
        return every * UNITS[period]
    except OverflowError:
        raise InvalidCadence("interval", f"{every} {period} is longer than the calendar") from None
