"""Beat's own tables, in the public schema. Their cost does not depend on the number of tenants."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from scheduling.agenda.alarms.models import Alarm, AlarmPass
from scheduling.agenda.clock import NewestInstant
from scheduling.agenda.due_slots import DueSlot
from scheduling.agenda.firings import Firing
from scheduling.agenda.limits import Limits
from scheduling.agenda.versions import ScheduleVersion
from tenants.models import Tenant

__all__ = [
    "Alarm",
    "AlarmPass",
    "DueSlot",
    "Firing",
    "Limits",
    "NewestInstant",
    "ScheduleChange",
    "ScheduleVersion",
    "TenantIndex",
]


class ScheduleChange(models.Model):
    """Written by triggers, once per transaction: something about this schema's schedules changed.

    Beat reads and deletes it. A column `transaction_id` is Postgres' own affair.
    """

    schema_name = models.CharField(max_length=63)
    #: The commit, as nearly as a trigger can tell: an edit never fires a slot before it.
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.schema_name} {self.changed_at}"


class TenantIndex(models.Model):
    """One row per indexed tenant: its lock while it is reindexed, and what was found then."""

    tenant = models.OneToOneField(
        Tenant, on_delete=models.CASCADE, primary_key=True, related_name="index"
    )
    reindexed_at = models.DateTimeField(_("reindexed at"), null=True)
    #: Why beat cannot read the schema.
    problem = models.TextField(_("problem"), blank=True, db_default="")
    #: What hindered workers in the schema: until then no other firing of the tenant is tried.
    trouble = models.TextField(_("trouble"), blank=True, db_default="")
    halted_until = models.DateTimeField(_("halted until"), null=True)
    halts = models.PositiveIntegerField(_("halts"), default=0, db_default=0)

    class Meta:
        verbose_name = _("tenant index")
        verbose_name_plural = _("tenant indexes")

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.reindexed_at}"

    @property
    def reasons(self) -> list[str]:
        """What is wrong with the tenant's schema, in plain words; nothing while all is well."""
        unread = _("Its schedules cannot be read: %s") % self.problem if self.problem else ""
        hindered = _("Its runs wait: %s") % self.trouble if self.trouble else ""
        return [str(reason) for reason in (unread, hindered) if reason]
