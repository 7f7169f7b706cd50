"""The next slot of every schedule: what beat reads, instead of any tenant's tables."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from scheduling.cadence import Cadence
from scheduling.policies import Policies
from scheduling.spread import Spread
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
        """Due slots that no other beat has claimed and that were not held back, oldest first."""
        free = self.due(now).filter(held_until=None).order_by("due_at", "pk")
        return free.select_for_update(skip_locked=True)[:limit]

    def released(self, now: datetime, limit: int) -> Self:
        """Slots that were held back for long enough, and that no other beat has claimed."""
        free = self.due(now).filter(held_until__lte=now).order_by("held_until", "pk")
        return free.select_for_update(skip_locked=True)[:limit]

    def quarantined(self) -> Self:
        return self.exclude(problem="")

    def with_texts(self) -> Self:
        """With what is kept as JSON as its text, for `DueSlot.read_texts`."""
        texts = {f"{name}_text": Cast(name, models.TextField()) for name in ("cadence", "chosen")}
        return self.annotate(**texts)


class DueSlot(models.Model):
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
    #: Its schedule was changed since. Set by whoever writes the new version, in that transaction.
    is_stale = models.BooleanField(default=False, db_default=False)

    objects = DueSlotQuerySet.as_manager()
    #: Of slots read `with_texts`.
    cadence_text: str | None = None
    chosen_text: str = ""

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
                fields=["due_at", "id"],
                name="dueslot_by_due_at",
                condition=models.Q(due_at__isnull=False, held_until__isnull=True),
            ),
            # Serves DueSlotQuerySet.released, and beat's waiting for the first of them.
            models.Index(
                fields=["held_until", "id"],
                name="dueslot_by_held_until",
                condition=models.Q(held_until__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.tenant_id}/{self.periodic_task_id} {self.due_at}"

    @property
    def policies(self) -> Policies:
        return Policies.chosen(self.chosen)

    @property
    def slot_at(self) -> datetime | None:
        """The slot that is to fire at `due_at`; in the ledger, the runs and the books it has this name."""
        return self.due_at and self.due_at - timedelta(seconds=self.spread_seconds)

    def read_texts(self) -> None:
        """Take cadence and policies from their texts: of many slots with the same, one is parsed."""
        self.cadence = parsed(self.cadence_text) if self.cadence_text else None
        self.chosen = parsed(self.chosen_text)

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
    def spread_minutes(self) -> int:
        # Asked of each slot that is taken, so without completing all the other policies.
        default = settings.SCHEDULE_POLICIES["spread_minutes"]
        return int(self.chosen.get("spread_minutes", default))

    @property
    def spread(self) -> Spread:
        return Spread(self.tenant_id, self.periodic_task_id, timedelta(minutes=self.spread_minutes))

    def following(self, slot_at: datetime) -> datetime | None:
        """Return the slot after `slot_at`, or None when there is none."""
        if self.one_off or self.cadence is None:
            return None
        # As text, since a dictionary cannot be looked up, and 1 and True are one to Python.
        return slot_after(self.cadence_text or json.dumps(self.cadence), slot_at)


@lru_cache(maxsize=8192)
def slot_after(cadence: str, slot_at: datetime) -> datetime | None:
    """Return the slot after this one. At midnight thousands of schedules ask for the same."""
    return Cadence.from_json(json.loads(cadence)).next_after(slot_at)


@lru_cache(maxsize=8192)
def parsed(text: str) -> dict[str, Any]:
    """Return an object of JSON, the same for the same text: nobody changes it."""
    return dict(json.loads(text))
