"""Changes of the tenant's own time zone, and what was asked because of them."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class ZoneChange(models.Model):
    """The tenant's zone changed while schedules had the old one; whether they follow is asked once.

    A trigger writes it, whoever changed the zone, and only where there is something to ask.
    """

    old = models.CharField(_("old time zone"), max_length=64)
    new = models.CharField(_("new time zone"), max_length=64)
    changed_at = models.DateTimeField(_("changed"), db_default=Now())
    #: The ids of the schedules that had the old zone then.
    schedules = models.JSONField(_("schedules"), default=list)
    answered_at = models.DateTimeField(_("answered"), null=True)
    answered_by = models.CharField(_("answered by"), max_length=254, blank=True)

    class Meta:
        verbose_name = _("change of the time zone")
        verbose_name_plural = _("changes of the time zone")

    def __str__(self) -> str:
        return f"{self.old} to {self.new}"
