"""From one slot of a schedule to its next, by its cadence, its policies and its spread."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from scheduling.cadence import Cadence
from scheduling.policies import Policies
from scheduling.spread import Spread


class Moving:
    """What can be asked of the next slot of a schedule, as a row of Django's or as one that was claimed."""

    tenant_id: int
    periodic_task_id: int
    task: str
    queue: str
    one_off: bool
    due_at: datetime | None
    spread_seconds: int
    problem: str

    if TYPE_CHECKING:  # columns of the one, made for the other

        @property
        def pk(self) -> int: ...
        @property
        def cadence_text(self) -> str:
            """The cadence as text, since a dictionary cannot be looked up; empty without one."""

        @property
        def chosen(self) -> dict[str, Any]: ...
        @property
        def spread_minutes(self) -> int: ...

    @property
    def policies(self) -> Policies:
        return Policies.chosen(self.chosen)

    @property
    def slot_at(self) -> datetime | None:
        """The slot that is to fire at `due_at`; in the ledger, the runs and the books it has this name."""
        if not self.spread_seconds:
            return self.due_at
        return self.due_at and self.due_at - timedelta(seconds=self.spread_seconds)

    def move_to(self, slot_at: datetime | None) -> None:
        """Have this slot be the next to fire; None where there is none."""
        self.due_at, self.spread_seconds = slot_at, 0
        if slot_at is not None and self.spread_minutes:
            self.due_at = self.fires_at(slot_at)
            self.spread_seconds = int((self.due_at - slot_at).total_seconds())

    def fires_at(self, slot_at: datetime) -> datetime:
        """Return when a slot of this schedule fires."""
        if not self.spread_minutes:
            return slot_at
        return self.spread.fires_at(slot_at, self.following(slot_at))

    @property
    def spread(self) -> Spread:
        return Spread(self.tenant_id, self.periodic_task_id, timedelta(minutes=self.spread_minutes))

    def following(self, slot_at: datetime) -> datetime | None:
        """Return the slot after `slot_at`, or None when there is none."""
        if self.one_off or not self.cadence_text:
            return None
        return slot_after(self.cadence_text, slot_at)


@lru_cache(maxsize=8192)
def slot_after(cadence: str, slot_at: datetime) -> datetime | None:
    """Return the slot after this one. At midnight thousands of schedules ask for the same."""
    return Cadence.from_json(json.loads(cadence)).next_after(slot_at)
