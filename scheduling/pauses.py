"""Pauses of schedules: who paused one, when, why and until when."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

REASON_MAXIMUM = 300  # characters
OUR_TIME = (datetime(2000, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC))


class Pause(models.Model):
    """What is known of a pause beside `enabled` in the schedule's row, which alone pauses it.

    A trigger deletes it when the row is enabled, whoever does that. A row that SQL paused has none.
    """

    #: No foreign key: see Policy.
    periodic_task_id = models.BigIntegerField(_("schedule"), primary_key=True)
    by = models.CharField(_("by"), max_length=254)
    paused_at = models.DateTimeField(_("paused at"), db_default=Now())
    #: The first instant after the pause. It ends by itself: see `scheduling.agenda.versions`.
    until_at = models.DateTimeField(_("until"), null=True)
    reason = models.CharField(_("reason"), max_length=REASON_MAXIMUM, blank=True)

    class Meta:
        verbose_name = _("pause")
        verbose_name_plural = _("pauses")
        constraints = (
            # A tenant's SQL must not write one that Python cannot hold, such as infinity.
            models.CheckConstraint(
                name="pause_begins_in_our_time", condition=models.Q(paused_at__range=OUR_TIME)
            ),
            models.CheckConstraint(
                name="pause_ends_in_our_time", condition=models.Q(until_at__range=OUR_TIME)
            ),
        )

    def __str__(self) -> str:
        return f"pause of {self.periodic_task_id}"

    def is_over(self, now: datetime) -> bool:
        """Whether it ended by itself, although a worker has yet to enable the row."""
        return self.until_at is not None and self.until_at <= now
