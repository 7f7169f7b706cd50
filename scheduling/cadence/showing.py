"""When a zone's clock shows the walls of a pattern, and what then fires.

A clock set forward skips walls, a clock set back shows some twice: a rule says what becomes of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal, NamedTuple

from scheduling.cadence.pattern import Pattern, pattern_of
from scheduling.cadence.walltime import EARLIEST, INSTANT, LATEST, Season, seasons


class Rule(NamedTuple):
    """`shifts`: a skipped wall fires right after the gap, once with all that falls on that instant.

    `repeats`: a wall shown twice fires twice.
    """

    shifts: bool
    repeats: bool


# Every real minute whose wall the pattern names, neither more nor less.
ELAPSED_TIME = Rule(shifts=False, repeats=True)


@dataclass(frozen=True, slots=True, eq=False)
class Showing:
    """A pattern on the clock of a zone; all its answers are about `after` < slot <= `until`."""

    pattern: Pattern
    zone: str
    rule: Rule

    def slots(self, after: datetime, until: datetime) -> Iterator[datetime]:
        for season, start, end in self._parts(after, until):
            if self._shifts_to_start(season, after, until):
                yield season.starts_at
            for wall in self.pattern.walls(start, end):
                yield wall - season.offset

    def slots_backwards(self, after: datetime, until: datetime) -> Iterator[datetime]:
        for season, start, end in self._parts(after, until, -1):
            for wall in self.pattern.walls_backwards(start, end):
                yield wall - season.offset
            if self._shifts_to_start(season, after, until):
                yield season.starts_at

    def count(self, after: datetime, until: datetime) -> int:
        return sum(
            self.pattern.count(start, end) + self._shifts_to_start(season, after, until)
            for season, start, end in self._parts(after, until)
        )

    def _parts(
        self, after: datetime, until: datetime, order: Literal[1, -1] = 1
    ) -> Iterator[tuple[Season, datetime, datetime]]:
        """Each season with the walls, from the first to the last (exclusive), that fire in it."""
        after, until = max(after, EARLIEST), min(until, LATEST)
        for season in seasons(self.zone, after, until, order):
            first = max(season.starts_at, after + INSTANT) + season.offset
            start = first if self.rule.repeats else max(first, season.shown)
            yield season, start, min(season.ends_at, until + INSTANT) + season.offset

    def _shifts_to_start(self, season: Season, after: datetime, until: datetime) -> bool:
        """Whether a wall skipped just before the season fires at its start, where none else does."""
        if not (self.rule.shifts and after < season.starts_at <= until):
            return False
        skipped = self.pattern.count(season.shown, season.first_wall)
        return bool(skipped) and not self.pattern.count(
            season.first_wall, season.first_wall + INSTANT
        )


@lru_cache(maxsize=4096)
def showing_of(text: str, zone: str, gap: str, repeat: str) -> Showing:
    """The crontab's pattern on that zone's clock, by the choices unless its hour field is `*`."""
    pattern = pattern_of(text)
    chosen = Rule(shifts=gap == "shift", repeats=repeat == "both")
    return Showing(pattern, zone, ELAPSED_TIME if pattern.hourly else chosen)
