"""Beat's own tables, in the public schema. Their cost does not depend on the number of tenants."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from scheduling.cadence import Cadence
from tenants.models import Tenant

#: Namespace of firing ids, so that one slot of one periodic task has the same id for ever.
FIRING_NAMESPACE = uuid.UUID("4f0d5f52-5c1c-4f0e-9d52-8f1f6d6b5a0e")


class DueSlotQuerySet(models.QuerySet["DueSlot"]):
    def of(self, tenant: Tenant) -> Self:
        return self.filter(tenant=tenant)

    def due(self, now: datetime) -> Self:
        return self.filter(due_at__lte=now)

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


class DueSlot(models.Model):
    """The next instant at which one enabled periodic task must fire.

    `due_at` is empty when none is left (a one-off that fired) or the row is in quarantine, with
    the reason in `problem`. The cadence is a copy, so that beat never reads a tenant's tables here.
    """

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="due_slots")
    periodic_task_id = models.BigIntegerField(_("periodic task"))
    name = models.CharField(_("name"), max_length=200)
    task = models.CharField(_("task"), max_length=200)
    cadence = models.JSONField(_("cadence"), null=True)
    one_off = models.BooleanField(_("one-off"), default=False)
    fingerprint = models.CharField(max_length=64)
    due_at = models.DateTimeField(_("due at"), null=True)
    #: The slot is due, but its tenant has so many firings in flight that it is looked at again then.
    held_until = models.DateTimeField(_("held until"), null=True)
    problem = models.TextField(_("problem"), blank=True)

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

    def following(self, slot_at: datetime) -> datetime | None:
        """Return the slot after `slot_at`, or None when there is none."""
        if self.one_off or self.cadence is None:
            return None
        return Cadence.from_json(self.cadence).next_after(slot_at)


class FiringQuerySet(models.QuerySet["Firing"]):
    def in_flight(self) -> Self:
        return self.filter(state__in=Firing.IN_FLIGHT)

    def in_flight_of(self, tenant_ids: Iterable[int]) -> dict[int, int]:
        """Count the firings in flight of each of these tenants that has any."""
        own = self.in_flight().filter(tenant__in=tenant_ids).order_by().values("tenant")
        return dict(own.annotate(number=models.Count("pk")).values_list("tenant", "number"))

    def unpublished(self, limit: int) -> Self:
        """Planned firings that no other beat is publishing, oldest first."""
        return (
            self.filter(state=Firing.State.PLANNED)
            .order_by("planned_at", "pk")
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("tenant")[:limit]
        )

    def unstarted_since(self, limit: datetime) -> Self:
        return self.filter(state=Firing.State.PUBLISHED, published_at__lt=limit)

    def unsettled_since(self, limit: datetime) -> Self:
        return self.filter(state=Firing.State.STARTED, published_at__lt=limit)

    def settled_before(self, limit: datetime) -> Self:
        return self.filter(state=Firing.State.SETTLED, settled_at__lt=limit)


class Firing(models.Model):
    """One slot taken: planned, published, started, settled. Platform and worker trust this row alone."""

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        PUBLISHED = "published", _("published")
        STARTED = "started", _("started")
        SETTLED = "settled", _("settled")

    IN_FLIGHT = (State.PLANNED, State.PUBLISHED, State.STARTED)

    id = models.UUIDField(primary_key=True, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="firings")
    periodic_task_id = models.BigIntegerField(_("periodic task"))
    task = models.CharField(_("task"), max_length=200)
    slot_at = models.DateTimeField(_("slot"))
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.PLANNED)
    trigger = models.CharField(_("trigger"), max_length=8, default="schedule")
    planned_at = models.DateTimeField(_("planned at"))
    published_at = models.DateTimeField(_("published at"), null=True)
    started_at = models.DateTimeField(_("started at"), null=True)
    settled_at = models.DateTimeField(_("settled at"), null=True)
    #: The run's final state, once settled.
    outcome = models.CharField(_("outcome"), max_length=10, blank=True)
    error = models.TextField(_("error"), blank=True)

    objects = FiringQuerySet.as_manager()

    class Meta:
        verbose_name = _("firing")
        verbose_name_plural = _("firings")
        constraints = (
            models.UniqueConstraint(
                fields=["tenant", "periodic_task_id", "slot_at"], name="firing_is_unique_per_slot"
            ),
        )
        # Serves FiringQuerySet.unpublished: a handful of rows however long the ledger is.
        indexes = (
            models.Index(
                fields=["planned_at", "id"],
                name="firing_unpublished",
                condition=models.Q(state="planned"),
            ),
            # Serves the rescue: what is on its way, not what has arrived.
            models.Index(
                fields=["published_at"],
                name="firing_under_way",
                condition=models.Q(state__in=["published", "started"]),
            ),
            models.Index(fields=["-slot_at"], name="firing_newest_first"),
            # Serves FiringQuerySet.in_flight_of: asked for each batch that is planned.
            models.Index(
                fields=["tenant"],
                name="firing_in_flight",
                condition=models.Q(state__in=["planned", "published", "started"]),
            ),
        )

    def __str__(self) -> str:
        return f"{self.tenant_id}/{self.periodic_task_id} {self.slot_at.isoformat()}"

    @staticmethod
    def id_of(tenant_id: int, periodic_task_id: int, slot_at: datetime) -> uuid.UUID:
        """Return the id of a slot's firing: the same for the same slot, whoever asks, however often.

        A firing by hand has a random one; row security refuses a tenant any that is computed.
        """
        slot = f"{tenant_id}/{periodic_task_id}/{slot_at.isoformat()}"
        return uuid.uuid5(FIRING_NAMESPACE, slot)

    @property
    def is_settled(self) -> bool:
        return self.state == self.State.SETTLED


class ScheduleChange(models.Model):
    """Written by triggers: something about this schema's schedules changed. Beat reads and deletes it."""

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
    #: Of all schedule rows in the schema as last read; see `scheduling.agenda.reconcile`.
    fingerprint = models.CharField(max_length=64, blank=True)
    reindexed_at = models.DateTimeField(_("reindexed at"), null=True)
    problem = models.TextField(_("problem"), blank=True)

    class Meta:
        verbose_name = _("tenant index")
        verbose_name_plural = _("tenant indexes")

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.reindexed_at}"
