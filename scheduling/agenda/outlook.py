"""What there is to do and how long there is nothing: one statement, whatever the number of tenants."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.db import connection

from tenants.schema import execute_prepared

#: Between looks at what another beat is taking, in seconds.
HELD_PAUSE = 0.02
#: And at schedules that another beat is reading again.
CHANGED_PAUSE = 0.1

#: Each of these reads the first entry of a partial index.
LOOK = """
SELECT clock_timestamp(),
    (SELECT due_at FROM agenda_dueslot
        WHERE NOT is_stale AND due_at IS NOT NULL AND held_until IS NULL
        ORDER BY due_at LIMIT 1),
    (SELECT held_until FROM agenda_dueslot
        WHERE NOT is_stale AND held_until IS NOT NULL ORDER BY held_until, id LIMIT 1),
    (SELECT pause_ends_at FROM agenda_dueslot
        WHERE NOT is_stale AND pause_ends_at IS NOT NULL ORDER BY pause_ends_at, id LIMIT 1),
    (SELECT publish_at FROM agenda_firing WHERE state = 'planned'
        ORDER BY publish_at, id LIMIT 1),
    EXISTS (SELECT FROM agenda_schedulechange)
"""


class Outlook(NamedTuple):
    """When beat has something to do, on the database's clock."""

    now: datetime
    due_at: datetime | None
    held_until: datetime | None
    pause_ends_at: datetime | None
    publish_at: datetime | None
    is_changed: bool

    @property
    def first_at(self) -> datetime | None:
        instants = (self.due_at, self.held_until, self.pause_ends_at, self.publish_at)
        return min((at for at in instants if at is not None), default=None)

    @property
    def has_work(self) -> bool:
        return self.is_changed or (self.first_at is not None and self.first_at <= self.now)

    @property
    def is_held_no_longer(self) -> bool:
        """Whether a slot that was held back is to be looked at again."""
        return self.held_until is not None and self.held_until <= self.now

    @property
    def is_pause_over(self) -> bool:
        return self.pause_ends_at is not None and self.pause_ends_at <= self.now

    def pause(self, longest: float) -> float:
        """Return how many seconds there is nothing to do, at most `longest`."""
        if self.is_changed:
            # The mark is in another beat's hands, which will not tell if it has to give it back.
            longest = min(longest, CHANGED_PAUSE)
        if self.first_at is None:
            return longest
        # What is due and was not taken is in another beat's hands: look again soon, but do not spin.
        return max(HELD_PAUSE, min(longest, (self.first_at - self.now).total_seconds()))


def look_out() -> Outlook:
    with connection.cursor() as cursor:
        execute_prepared(cursor, "look", LOOK)
        return Outlook(*cursor.fetchone())
