"""The next slot of every schedule: what beat reads, instead of any tenant's tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from scheduling.agenda.moving import Moving
from tenants.models import Tenant


class DueSlotQuerySet(models.QuerySet["DueSlot"]):
    def of(self, tenant: Tenant) -> Self:
        return self.filter(tenant=tenant)

    def unchanged(self) -> Self:
        """Slots whose schedule is still what they were computed from; others are reindexed first."""
        return self.filter(is_stale=False)

    def due(self, now: datetime) -> Self:
        return self.unchanged().filter(due_at__lte=now)

    def claimable(self, now: datetime, limit: int) -> Self:
        """Due slots that no other beat has claimed and that were not held back, oldest first.

        Of those due at one instant a tenant's come together: what it has in flight is counted once.
        """
        free = self.due(now).filter(held_until=None).order_by("due_at", "tenant_id", "pk")
        return free.select_for_update(skip_locked=True)[:limit]

    def released(self, now: datetime, limit: int) -> Self:
        """Slots that were held back for long enough, and that no other beat has claimed."""
        free = self.due(now).filter(held_until__lte=now).order_by("held_until", "pk")
        return free.select_for_update(skip_locked=True)[:limit]

    def paused_until(self, now: datetime, limit: int) -> Self:
        """Slots of schedules whose pause has come to its end, and that no other beat has claimed."""
        ended = self.unchanged().filter(pause_ends_at__lte=now).order_by("pause_ends_at", "pk")
        return ended.select_for_update(skip_locked=True)[:limit]

    def quarantined(self) -> Self:
        return self.exclude(problem="")


class DueSlot(Moving, models.Model):
    """The next instant at which one enabled periodic task must fire.

    `due_at` is its slot, or with a spread the moment after it at which it fires. It is empty when
    none is left (a one-off that fired) or the row is in quarantine, with the reason in `problem`. The
    cadence is a copy, so that beat never reads a tenant's tables here.
    """

    # Without an index of its own: the unique constraint's begins with it.
    tenant = models.ForeignKey(
        Tenant, on_delete=models.CASCADE, related_name="due_slots", db_index=False
    )
    periodic_task_id = models.BigIntegerField(_("periodic task"))
    name = models.CharField(_("name"), max_length=200)
    task = models.CharField(_("task"), max_length=200)
    queue = models.CharField(_("queue"), max_length=20, default="celery", db_default="celery")
    cadence = models.JSONField(_("cadence"), null=True)
    #: What the tenant chose of the policies; see `scheduling.policies`.
    chosen = models.JSONField(_("policies"), default=dict, db_default={})
    #: The `ScheduleVersion` it was made from.
    version_id = models.BigIntegerField(null=True)
    one_off = models.BooleanField(_("one-off"), default=False)
    fingerprint = models.CharField(max_length=64)
    due_at = models.DateTimeField(_("due at"), null=True)
    #: How long after its slot it is due; see `scheduling.spread`.
    spread_seconds = models.PositiveIntegerField(_("spread by"), default=0, db_default=0)
    #: The slot is due, but its tenant has so many firings in flight that it is looked at again then.
    held_until = models.DateTimeField(_("held until"), null=True)
    problem = models.TextField(_("problem"), blank=True)
    #: Its schedule is paused until then, and this is its first slot after that. Empty once that was told.
    pause_ends_at = models.DateTimeField(_("pause ends at"), null=True)
    #: Its schedule was changed since. Set by whoever writes the new version, in that transaction.
    is_stale = models.BooleanField(default=False, db_default=False)

    objects = DueSlotQuerySet.as_manager()

    class Meta:
        verbose_name = _("due slot")
        verbose_name_plural = _("due slots")
        constraints = (
            models.UniqueConstraint(
                fields=["tenant", "periodic_task_id"], name="dueslot_is_unique_per_periodic_task"
            ),
        )
        # Serves DueSlotQuerySet.claimable.
        indexes = (
            models.Index(
                fields=["due_at", "tenant", "id"],
                name="dueslot_by_due_at",
                condition=models.Q(due_at__isnull=False, held_until__isnull=True),
            ),
            # Serves DueSlotQuerySet.released, and beat's waiting for the first of them.
            models.Index(
                fields=["held_until", "id"],
                name="dueslot_by_held_until",
                condition=models.Q(held_until__isnull=False),
            ),
            # Serves DueSlotQuerySet.paused_until, and beat's waiting for the first of them.
            models.Index(
                fields=["pause_ends_at", "id"],
                name="dueslot_by_end_of_pause",
                condition=models.Q(pause_ends_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.tenant_id}/{self.periodic_task_id} {self.due_at}"

    @property
    def cadence_text(self) -> str:
        return json.dumps(self.cadence) if self.cadence else ""

    @property
    def spread_minutes(self) -> int:
        return spread_minutes_of(self.chosen)


def spread_minutes_of(chosen: Mapping[str, Any]) -> int:
    """Return what a tenant chose, or the platform's default, without completing all other policies."""
    minutes = chosen.get("spread_minutes")
    return int(settings.SCHEDULE_POLICIES["spread_minutes"] if minutes is None else minutes)
