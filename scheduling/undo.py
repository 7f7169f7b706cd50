"""Which runs of a tenant's were undone, or are about to be."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Undo(models.Model):
    """Somebody had a run undone: begun, and finished when all is taken back that nobody changed since."""

    #: No foreign key: see Policy. It is forgotten with its run.
    run_id = models.BigIntegerField(_("run"), primary_key=True)
    by = models.CharField(_("by"), max_length=254)
    begun_at = models.DateTimeField(_("begun"), db_default=Now())
    finished_at = models.DateTimeField(_("finished"), null=True)
    #: What was taken back: orders reopened, where the run closed orders.
    done = models.PositiveBigIntegerField(_("taken back"), default=0, db_default=0)

    class Meta:
        verbose_name = _("undoing of a run")
        verbose_name_plural = _("undoings of runs")

    def __str__(self) -> str:
        return f"undoing of run {self.run_id}"
