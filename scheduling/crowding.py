"""A word about crowded minutes: how many others share one, how late runs begin there, what is quieter."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef

from scheduling.agenda.crowd import CROWD_MAXIMUM, crowd_in_hour
from scheduling.cadence import CrontabCadence
from scheduling.models import Policy, Run
from scheduling.presets import CUSTOM
from scheduling.relative import DAY, MINUTE

#: The newest runs that are looked at, and how many of them must be of the minute to say anything.
RUNS_LOOKED_AT, RUNS_NEEDED = 100, 3
#: A delay below that is not worth a word.
DELAY_MINIMUM = timedelta(seconds=2)
#: The tolerance that is offered.
SPREAD_OFFERED = 15  # minutes
#: A quieter minute has at most this share of the schedules.
QUIETER = 0.5


@dataclass(frozen=True)
class Offer:
    """Values of fields that would do better, to be filled in by a link."""

    label: str
    fill: Mapping[str, Any]
    minutes: int = 0

    @property
    def fill_text(self) -> str:
        return json.dumps(self.fill)


@dataclass(frozen=True)
class Crowding:
    """What is said about the minute at which a cadence comes next."""

    number: int
    delay: timedelta | None = None
    quieter: Offer | None = None
    tolerance: Offer | None = None

    @property
    def is_beyond(self) -> bool:
        return self.number >= CROWD_MAXIMUM

    @property
    def delay_seconds(self) -> int:
        return int(self.delay.total_seconds()) if self.delay else 0


@dataclass(frozen=True)
class Minute:
    """A minute on the wall clock of a cadence, and how crowded its hour is in UTC."""

    at: datetime
    cadence: CrontabCadence

    @cached_property
    def crowd(self) -> dict[int, int]:
        return crowd_in_hour(self.at)

    @property
    def number(self) -> int:
        return self.crowd[self.at.minute]

    @property
    def local(self) -> datetime:
        return self.at.astimezone(ZoneInfo(self.cadence.zone))

    def quieter(self) -> datetime | None:
        """Return the nearest minute of the same hour and day that is much quieter, on the local clock."""
        quiet = [minute for minute in self.crowd if self.is_much_quieter(minute)]
        if not self.number or not quiet:
            return None
        least = min(self.crowd[minute] for minute in quiet)
        nearest = min(
            (minute for minute in quiet if self.crowd[minute] == least),
            key=lambda minute: (abs(minute - self.at.minute), -minute),
        )
        return self.moved_to(nearest)

    def is_much_quieter(self, minute: int) -> bool:
        """Whether to offer a minute of the hour; not one that people choose of themselves, either."""
        is_quiet = self.crowd[minute] <= self.number * QUIETER and bool(minute % 5)
        return is_quiet and self.moved_to(minute).date() == self.local.date()

    def moved_to(self, minute: int) -> datetime:
        return self.local + (minute - self.at.minute) * MINUTE


def crowding_of(
    cadence: CrontabCadence, chosen: Mapping[str, Any], now: datetime
) -> Crowding | None:
    """Return what to say of a cadence, as a form's values chose it; None if it never comes."""
    slot = cadence.next_after(now)
    if slot is None:
        return None
    # Further ahead, what comes every day is not listed yet: the minute of the coming day is alike.
    minute = Minute(now + (slot - now) % DAY, cadence)
    number = minute.number
    return Crowding(
        number=number,
        delay=measured_delay(minute.at),
        quieter=quieter_offer(minute, chosen),
        tolerance=tolerance_offer(cadence, chosen) if number else None,
    )


def quieter_offer(minute: Minute, chosen: Mapping[str, Any]) -> Offer | None:
    moved = minute.quieter()
    fill = moved and moved_fields(moved, chosen)
    return Offer(f"{moved:%H:%M}", fill) if moved and fill else None


def moved_fields(moved: datetime, chosen: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the field that makes the same choice come at another minute; None if none does."""
    preset = chosen.get("preset")
    if preset == "minutes":
        return None
    if preset == "hourly":
        return {"at_minute": moved.minute}
    if preset != CUSTOM:
        return {"at_time": f"{moved:%H:%M}"}
    minute, hour, *days = str(chosen["crontab"]).split()
    if not minute.isdecimal():
        return None
    if hour.isdecimal():
        hour = str(moved.hour)
    return {"crontab": " ".join([str(moved.minute), hour, *days])}


def tolerance_offer(cadence: CrontabCadence, chosen: Mapping[str, Any]) -> Offer | None:
    if chosen.get("spread_minutes") or cadence.least_gap <= SPREAD_OFFERED * MINUTE:
        return None
    return Offer("", {"spread_minutes": SPREAD_OFFERED}, SPREAD_OFFERED)


def measured_delay(at: datetime) -> timedelta | None:
    """Return how long after such a minute this tenant's newest runs began, as a rule.

    Runs of schedules that start within a time are left out: those are meant to begin later.
    """
    spread = Policy.objects.filter(pk=OuterRef("periodic_task_id"), spread_minutes__gt=0)
    newest = Run.objects.annotate(is_spread=Exists(spread)).order_by("-slot_at", "-pk")
    # The newest are told apart here: a filter might go through all that there are to find so many.
    rows = newest.values_list("slot_at", "started_at", "trigger", "is_spread")[:RUNS_LOOKED_AT]
    seconds = [
        (started_at - slot_at).total_seconds()
        for slot_at, started_at, trigger, is_spread in rows
        if started_at
        and slot_at.minute == at.minute
        and trigger == Run.Trigger.SCHEDULE
        and not is_spread
    ]
    if len(seconds) < RUNS_NEEDED:
        return None
    usual = timedelta(seconds=median(seconds))
    return usual if usual >= DELAY_MINIMUM else None
