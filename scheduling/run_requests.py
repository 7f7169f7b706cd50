"""Which runs somebody asked for by hand, and who."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class RunRequest(models.Model):
    """Somebody asked for a run by hand; it is forgotten with the run.

    Beside the run and not in it, for a worker writes that: it need not be told who.
    """

    #: No foreign key: see Policy.
    periodic_task_id = models.BigIntegerField(_("schedule"))
    #: When it was asked for, which is the run's slot.
    slot_at = models.DateTimeField(_("asked for"))
    by = models.CharField(_("by"), max_length=254)

    class Meta:
        verbose_name = _("run asked for by hand")
        verbose_name_plural = _("runs asked for by hand")
        constraints = (
            models.UniqueConstraint(
                fields=["periodic_task_id", "slot_at"], name="run_request_is_unique_per_slot"
            ),
        )

    def __str__(self) -> str:
        return f"run of {self.periodic_task_id} asked for {self.slot_at.isoformat()}"
