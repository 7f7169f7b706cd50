"""Which slots there should have been, told without the product.

A crontab is walked minute by minute with an eye on the zone's wall clock, an interval is added up.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.chaos.records import Schedule
from tests.scheduling.cadence import oracle as wall_clock

INSTANT = timedelta(microseconds=1)


def slots(schedule: Schedule, until: datetime) -> list[datetime]:
    """All slots of a schedule from its start to `until`, both included."""
    if schedule.every_seconds:
        return by_addition(schedule.starts_at, timedelta(seconds=schedule.every_seconds), until)
    since = schedule.starts_at - INSTANT
    return wall_clock.slots(schedule.crontab, schedule.zone, since, until)


def by_addition(first: datetime, every: timedelta, until: datetime) -> list[datetime]:
    found = []
    at = first
    while at <= until:
        found.append(at)
        at += every
    return found
