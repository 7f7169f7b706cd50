"""Which failed runs somebody had tried again."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Retry(models.Model):
    """Somebody had a failed run tried again: once, by the primary key.

    A run is unique per slot, so the new one has a slot of its own, the instant at which it was asked
    for; its task is told the slot that had failed.
    """

    #: The run that had failed. No foreign key: see Policy. It is forgotten with that run.
    run_id = models.BigIntegerField(_("run"), primary_key=True)
    periodic_task_id = models.BigIntegerField(_("schedule"))
    #: The slot of the new run, and the one that its task is told.
    slot_at = models.DateTimeField(_("slot"))
    told_slot_at = models.DateTimeField(_("slot that failed"))
    by = models.CharField(_("by"), max_length=254)
    asked_at = models.DateTimeField(_("asked for"), db_default=Now())

    class Meta:
        verbose_name = _("retry of a run")
        verbose_name_plural = _("retries of runs")
        constraints = (
            # Serves the worker too, which asks for it by these.
            models.UniqueConstraint(
                fields=["periodic_task_id", "slot_at"], name="retry_is_unique_per_slot"
            ),
        )

    def __str__(self) -> str:
        return f"retry of run {self.run_id}"
