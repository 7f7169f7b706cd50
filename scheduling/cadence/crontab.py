"""The cadence of five crontab fields in a time zone.

The fields mean what Celery means: day of month and day of week must both match. The one exception
is that day of week 7 is Sunday. Across a change of the clocks (docs/architecture.md, "Time"):
where the hour field is `*`, elapsed time counts, else `gap` and `repeat` say what becomes of a
reading that is skipped or repeated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import KW_ONLY, dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Self

from scheduling.cadence import reading
from scheduling.cadence.base import Cadence
from scheduling.cadence.invalid import InvalidCadence
from scheduling.cadence.pattern import pattern_of, values_of
from scheduling.cadence.showing import Showing, showing_of
from scheduling.cadence.walltime import LATEST, zone_named
from wording.sentences import Sentence
from wording.sentences import noop as _

NO_CHOICE = Sentence(_("%(given)s is no choice; use %(one)s or %(other)s"))

# What becomes of a reading in the hour that a clock set forward skips, or one set back repeats.
CHOICES = {"gap": ("shift", "skip"), "repeat": ("first", "both")}
DEFAULTS = {name: choices[0] for name, choices in CHOICES.items()}
# 29 February falls on each weekday within forty years; a time that comes in no such span comes only
# in hours that the clock skips.
FURTHEST = timedelta(days=50 * 366)


@dataclass(frozen=True, slots=True)
class CrontabCadence(Cadence):
    """Slots at the minutes that the five fields of `text` name on the wall clock of `timezone`.

    `gap`: a skipped reading fires at the first instant after the gap ("shift") or not ("skip").
    `repeat`: a repeated one fires the "first" time or "both" times.
    """

    kind: ClassVar[str] = "crontab"

    text: str
    timezone: str
    _: KW_ONLY
    gap: str = DEFAULTS["gap"]
    repeat: str = DEFAULTS["repeat"]

    def __post_init__(self) -> None:
        Cadence.__post_init__(self)
        object.__setattr__(self, "text", " ".join(self.text.split()))
        zone_named(self.timezone)
        pattern_of(self.text)
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                given = repr(getattr(self, name))
                said = NO_CHOICE(given=given, one=choices[0], other=choices[1])
                raise InvalidCadence(name, said)

    @classmethod
    def parse(
        cls,
        text: str,
        zone: str,
        *,
        gap: str = DEFAULTS["gap"],
        repeat: str = DEFAULTS["repeat"],
        start_at: datetime | None = None,
        expires_at: datetime | None = None,
    ) -> Self:
        """The cadence of "m h dom mon dow" in that IANA zone.

        InvalidCadence names the field that is wrong.
        """
        return cls(text, zone, gap=gap, repeat=repeat, start_at=start_at, expires_at=expires_at)

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
        gap: str = DEFAULTS["gap"],
        repeat: str = DEFAULTS["repeat"],
        start_at: datetime | None = None,
        expires_at: datetime | None = None,
    ) -> Self:
        """As `parse`, from the five columns of django_celery_beat's CrontabSchedule."""
        given = (minute, hour, day_of_month, month_of_year, day_of_week)
        texts = [re.sub(r"\s*,\s*", ",", text.strip()) for text in given]
        # Read here already, because in the joined text an empty field would be lost and one with a
        # space split.
        values_of(texts)
        return cls.parse(
            " ".join(texts), zone, gap=gap, repeat=repeat, start_at=start_at, expires_at=expires_at
        )

    @property
    def zone(self) -> str:
        return self.timezone

    @property
    def least_gap(self) -> timedelta:
        return pattern_of(self.text).least_gap()

    def __str__(self) -> str:
        return self.text

    @property
    def _showing(self) -> Showing:
        return showing_of(self.text, self.timezone, self.gap, self.repeat)

    def _first_after(self, instant: datetime) -> datetime | None:
        until = instant + min(FURTHEST, LATEST - instant)
        return next(self._showing.slots(instant, until), None)

    def _forwards(self, after: datetime, until: datetime) -> Iterator[datetime]:
        return self._showing.slots(after, until)

    def _backwards(self, after: datetime, until: datetime) -> Iterator[datetime]:
        return self._showing.slots_backwards(after, until)

    def _count(self, after: datetime, until: datetime) -> int:
        return self._showing.count(after, until)

    def _details(self) -> dict[str, object]:
        chosen = {name: getattr(self, name) for name in CHOICES}
        unusual = {name: choice for name, choice in chosen.items() if choice != DEFAULTS[name]}
        return {"crontab": self.text, "timezone": self.timezone, **unusual}

    @classmethod
    def _read(
        cls, data: Mapping[str, object], *, start_at: datetime | None, expires_at: datetime | None
    ) -> Self:
        names = ("crontab", "timezone", "gap", "repeat")
        text, zone, gap, repeat = (reading.text({**DEFAULTS, **data}, name) for name in names)
        return cls.parse(
            text, zone, gap=gap, repeat=repeat, start_at=start_at, expires_at=expires_at
        )
