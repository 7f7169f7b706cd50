"""What a cadence will do, as its page shows it before and after it is saved.

The slots are those of `Cadence.next_after`, which is what fires.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from scheduling.cadence import CrontabCadence
from scheduling.clock_changes import ClockChange, clock_changes
from scheduling.crowding import Crowding
from scheduling.display import slot_text
from scheduling.relative import relative_text
from scheduling.sentences import remarks_on, sentence_of
from scheduling.spread import Spread

SLOTS_SHOWN = 6


class ShownSlot(NamedTuple):
    """One line of the table of slots. `fires` is only said where that is not at the slot."""

    at: datetime
    text: str | None
    relative: str
    viewers: str | None
    fires: str | None


@dataclass(frozen=True)
class Foresight:
    """What is said of a cadence; where the fields say none, `errors` by field."""

    sentence: str = ""
    remarks: tuple[str, ...] = ()
    slots: tuple[ShownSlot, ...] = ()
    changes: tuple[ClockChange, ...] = ()
    today: str = ""
    viewers_zone: str = ""
    spread_minutes: int = 0
    policies: tuple[str, ...] = ()
    crowding: Crowding | None = None
    errors: tuple[tuple[str, Any, Any], ...] = ()

    @property
    def is_spread(self) -> bool:
        """Whether it is known when each slot fires, and that is not at the slot."""
        return any(slot.fires for slot in self.slots)

    @property
    def is_elsewhere(self) -> bool:
        """Whether the reader's clock is another than the schedule's."""
        return any(slot.viewers for slot in self.slots)


def foresee(cadence: CrontabCadence, spread: Spread | None, now: datetime) -> Foresight:
    """Return what is to be said of a cadence, by a schedule's own spread if it has one."""
    viewers = timezone.get_current_timezone_name()
    coming = slots_after(cadence, now)
    return Foresight(
        sentence=sentence_of(cadence),
        remarks=tuple(remarks_on(cadence)),
        slots=tuple(shown(slot, cadence, spread, viewers, now) for slot in coming),
        changes=tuple(clock_changes(cadence, now)),
        today=today_text(cadence, now) or "",
        viewers_zone=viewers,
    )


def slots_after(cadence: CrontabCadence, now: datetime) -> list[datetime]:
    coming: list[datetime] = []
    at = cadence.next_after(now)
    while at is not None and len(coming) < SLOTS_SHOWN:
        coming.append(at)
        at = cadence.next_after(at)
    return coming


def shown(
    at: datetime, cadence: CrontabCadence, spread: Spread | None, viewers: str, now: datetime
) -> ShownSlot:
    text, elsewhere = slot_text(at, cadence.zone), slot_text(at, viewers)
    fires_at = spread.fires_at(at, cadence.next_after(at)) if spread else at
    local = fires_at.astimezone(ZoneInfo(cadence.zone))
    return ShownSlot(
        at=at,
        text=text,
        relative=relative_text(at, now),
        viewers=None if elsewhere == text else elsewhere,
        fires=None if fires_at == at else f"{local:%H:%M:%S}",
    )


def today_text(cadence: CrontabCadence, now: datetime) -> str | None:
    """Return what becomes of a slot that this day had and that is over; None where none is to be told."""
    local = now.astimezone(ZoneInfo(cadence.zone))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    passed_at, next_at = cadence.latest_at(now, midnight), cadence.next_after(now)
    if passed_at is None or next_at is None or is_same_day(next_at, local):
        return None
    passed = passed_at.astimezone(ZoneInfo(cadence.zone))
    said = {"time": f"{passed:%H:%M}", "next": slot_text(next_at, cadence.zone)}
    if is_same_day(next_at, local + timedelta(days=1)):
        return _("Today's %(time)s has passed: the next run is tomorrow, %(next)s.") % said
    return _("Today's %(time)s has passed: the next run is on %(next)s.") % said


def is_same_day(at: datetime, local: datetime) -> bool:
    """Whether an instant falls on the date of a local time, on its clock."""
    return at.astimezone(local.tzinfo).date() == local.date()
