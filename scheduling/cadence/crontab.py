"""The cadence of five crontab fields in a time zone.

The fields mean what Celery means: day of month and day of week must both match. The one exception
is that day of week 7 is Sunday. Across a change of the clocks (docs/architecture.md, "Time"):
where the hour field is `*`, elapsed time counts, else each reading of the wall clock fires
once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar, Self

from scheduling.cadence import reading
from scheduling.cadence.base import Cadence
from scheduling.cadence.pattern import pattern_of, values_of
from scheduling.cadence.walltime import zone_named

# A few days into the calendar, so that the day before and the zone's offset still lie within it.
EARLIEST = datetime(1, 1, 4, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CrontabCadence(Cadence):
    """Slots at the minutes that the five fields of `text` name on the wall clock of `timezone`."""

    kind: ClassVar[str] = "crontab"

    text: str
    timezone: str

    def __post_init__(self) -> None:
        Cadence.__post_init__(self)
        object.__setattr__(self, "text", " ".join(self.text.split()))
        zone_named(self.timezone)
        pattern_of(self.text)

    @classmethod
    def parse(
        cls,
        text: str,
        zone: str,
        *,
        start_at: datetime | None = None,
        expires_at: datetime | None = None,
    ) -> Self:
        """The cadence of "m h dom mon dow" in that IANA zone.

        InvalidCadence names the field that is wrong.
        """
        return cls(text, zone, start_at=start_at, expires_at=expires_at)

    @classmethod
    def of_fields(
        cls,
        minute: str,
        hour: str,
        day_of_month: str,
        month_of_year: str,
        day_of_week: str,
        zone: str,
        *,
        start_at: datetime | None = None,
        expires_at: datetime | None = None,
    ) -> Self:
        """As `parse`, from the five columns of django_celery_beat's CrontabSchedule."""
        given = (minute, hour, day_of_month, month_of_year, day_of_week)
        texts = [re.sub(r"\s*,\s*", ",", text.strip()) for text in given]
        # Read here already, because in the joined text an empty field would be lost and one with a
        # space split.
        values_of(texts)
        return cls(" ".join(texts), zone, start_at=start_at, expires_at=expires_at)

    @property
    def zone(self) -> str:
        return self.timezone

    def __str__(self) -> str:
        return self.text

    def _first_after(self, instant: datetime) -> datetime | None:
        return pattern_of(self.text).next_after(max(instant, EARLIEST), self.timezone)

    def _details(self) -> dict[str, object]:
        return {"crontab": self.text, "timezone": self.timezone}

    @classmethod
    def _read(
        cls, data: dict[str, object], *, start_at: datetime | None, expires_at: datetime | None
    ) -> Self:
        text, zone = reading.text(data, "crontab"), reading.text(data, "timezone")
        return cls(text, zone, start_at=start_at, expires_at=expires_at)
