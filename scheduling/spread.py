"""Spreading firings: when within the minutes after its slot a schedule fires.

So that not all tenants fire at midnight. The instant follows from tenant, schedule and slot alone:
the same for whoever asks, and however often.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import NamedTuple

from scheduling.cadence import Cadence

BITS = 64


class Spread(NamedTuple):
    """One schedule's choice: to fire within `width` after each slot. Zero: at the slot."""

    tenant_id: int
    periodic_task_id: int
    width: timedelta

    def fires_at(self, slot_at: datetime, following: datetime | None) -> datetime:
        """Return when the slot fires, in whole seconds after it and before the `following` slot."""
        if not self.width:
            return slot_at
        width = self.width if following is None else min(self.width, following - slot_at)
        return slot_at + timedelta(seconds=int(width.total_seconds()) * self.share(slot_at) >> BITS)

    def share(self, slot_at: datetime) -> int:
        """Return a number below 2 ** BITS, as good as drawn by lot, and the same for the same slot."""
        slot = f"{self.tenant_id}/{self.periodic_task_id}/{slot_at.astimezone(UTC).isoformat()}"
        return int.from_bytes(blake2b(slot.encode(), digest_size=BITS // 8).digest())

    def fired_until(self, instant: datetime, cadence: Cadence) -> datetime:
        """Return an instant that parts slots as the given one parts the instants at which they fire.

        Slots fire before the next one comes, so at most one has come and is yet to fire.
        """
        if not self.width:
            return instant
        pending = cadence.latest_at(instant, instant - self.width)
        if pending is None or self.fires_at(pending, cadence.next_after(pending)) <= instant:
            return instant
        return pending - datetime.resolution
