"""What becomes of slots that were missed, overlap or are spread, of failed runs, of clocks that change.

A tenant chooses per schedule, in `scheduling.models.Policy`; what it leaves open is the platform's
default, the setting SCHEDULE_POLICIES.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class CatchUp(TextChoices):
    """What the slots get whose time passed unfired."""

    SKIP = "skip", _("nothing: they are missed")
    ONCE = "once", _("the latest of them fires, the others are missed")
    ALL = "all", _("each of them fires, up to 100")


class Overlap(TextChoices):
    """What a slot gets that comes while a run of its schedule is going."""

    SKIP = "skip", _("it is skipped")
    WAIT = "wait", _("it waits, and further ones are skipped")
    ALLOW = "allow", _("it runs beside the other")


class Gap(TextChoices):
    """What a wall-clock time gets that is skipped when clocks are put forward."""

    SHIFT = "shift", _("it fires right after the gap")
    SKIP = "skip", _("it does not fire on that day")


class Repeat(TextChoices):
    """What a wall-clock time gets that comes twice when clocks are put back."""

    FIRST = "first", _("it fires the first time")
    BOTH = "both", _("it fires both times")


@dataclass(frozen=True)
class Policies:
    """The policies of one schedule, defaults filled in. Times are in seconds, unless named otherwise."""

    catch_up: str
    catch_up_window: int
    overlap: str
    retries: int
    gap: str
    repeat: str
    alarm_after: int
    spread_minutes: int

    @classmethod
    def chosen(cls, chosen: Mapping[str, Any]) -> Self:
        """Return what a tenant chose, completed by the platform's defaults; None chooses nothing."""
        known = {name: value for name, value in chosen.items() if value is not None}
        completed: dict[str, Any] = settings.SCHEDULE_POLICIES | known
        return cls(**completed)

    @property
    def reach(self) -> timedelta:
        """How far back catch-up looks."""
        return timedelta(seconds=self.catch_up_window)

    @property
    def spread(self) -> timedelta:
        """Within what time after its slot it fires."""
        return timedelta(minutes=self.spread_minutes)
