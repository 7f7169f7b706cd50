"""Beat's own tables, in the public schema. Their cost does not depend on the number of tenants."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from scheduling.agenda.alarms.models import Alarm, AlarmPass
from scheduling.agenda.clock import ClockTimestamp, NewestInstant
from scheduling.agenda.limits import Limits
from scheduling.agenda.rows import with_values
from scheduling.agenda.versions import ScheduleVersion
from scheduling.cadence import Cadence
from scheduling.policies import Policies
from scheduling.spread import Spread
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

#: Namespace of firing ids, so that one slot of one periodic task has the same id for ever.
FIRING_NAMESPACE = uuid.UUID("4f0d5f52-5c1c-4f0e-9d52-8f1f6d6b5a0e")


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


class DueSlot(models.Model):
    """The next instant at which one enabled periodic task must fire.

    `due_at` is its slot, or with a spread the moment after it at which it fires. It is empty when
    none is left (a one-off that fired) or the row is in quarantine, with the reason in `problem`. The
    cadence is a copy, so that beat never reads a tenant's tables here.
    """

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="due_slots")
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

    def move_to(self, slot_at: datetime | None) -> None:
        """Have this slot be the next to fire; None where there is none."""
        self.due_at, self.spread_seconds = slot_at, 0
        if slot_at is not None and self.spread.width:
            self.due_at = self.fires_at(slot_at)
            self.spread_seconds = int((self.due_at - slot_at).total_seconds())

    def fires_at(self, slot_at: datetime) -> datetime:
        """Return when a slot of this schedule fires."""
        spread = self.spread
        return spread.fires_at(slot_at, self.following(slot_at)) if spread.width else slot_at

    @property
    def spread(self) -> Spread:
        # Asked of each slot that is taken, so without completing all the other policies.
        minutes = self.chosen.get("spread_minutes", settings.SCHEDULE_POLICIES["spread_minutes"])
        return Spread(self.tenant_id, self.periodic_task_id, timedelta(minutes=minutes))

    def following(self, slot_at: datetime) -> datetime | None:
        """Return the slot after `slot_at`, or None when there is none."""
        if self.one_off or self.cadence is None:
            return None
        # As text, since a dictionary cannot be looked up, and 1 and True are one to Python.
        return slot_after(json.dumps(self.cadence), slot_at)


@lru_cache(maxsize=8192)
def slot_after(cadence: str, slot_at: datetime) -> datetime | None:
    """Return the slot after this one. At midnight thousands of schedules ask for the same."""
    return Cadence.from_json(json.loads(cadence)).next_after(slot_at)


class FiringQuerySet(models.QuerySet["Firing"]):
    def in_flight(self) -> Self:
        return self.filter(state__in=Firing.IN_FLIGHT)

    def in_flight_of(self, tenant_ids: Iterable[int]) -> Self:
        return self.in_flight().filter(tenant__in=tenant_ids)

    def going(self, tenant_id: int, periodic_task_id: int) -> Self:
        """Runs of one schedule that are under way, or about to be; not those that wait for others."""
        own = self.in_flight().filter(tenant=tenant_id, periodic_task_id=periodic_task_id)
        return own.filter(waits=False, verdict="").exclude(trigger="manual")

    def publishable(self, now: datetime, limit: int) -> Self:
        """Planned firings whose message may go out and that no other beat is publishing, oldest first."""
        return (
            self.filter(state=Firing.State.PLANNED, publish_at__lte=now)
            .order_by("publish_at", "pk")
            .select_for_update(skip_locked=True)[:limit]
        )

    def unsettled(self, firing: Firing) -> Self:
        """This one firing, unless it is settled meanwhile.

        Its slot says which partition it is in: else Postgres would plan for and lock all of them.
        """
        own = self.filter(pk=firing.pk, slot_at=firing.slot_at)
        return own.exclude(state=Firing.State.SETTLED)

    def free(self) -> Self:
        """Firings whose message is not too early, and that no living worker has begun."""
        now = ClockTimestamp()
        is_free = models.Q(leased_until=None) | models.Q(leased_until__lt=now)
        return self.filter(is_free, waits=False, publish_at__lte=now)

    def put_back(self, error: str, after: timedelta) -> int:
        """Have firings that were begun published again after a while, with new attempts.

        The error of one with a verdict stays: it is what its run is going to say.
        """
        is_run = models.When(verdict="", then=models.Value(error, models.TextField()))
        return self.update(
            state=Firing.State.PLANNED,
            publish_at=ClockTimestamp() + models.Value(after),
            leased_until=None,
            attempts=0,
            error=models.Case(is_run, default="error"),
        )

    def give_way(self) -> int:
        """Have firings that were begun published again at once, as if this message had not come.

        Neither a death of a worker nor a message in vain is counted for it.
        """
        return self.filter(state=Firing.State.STARTED).update(
            state=Firing.State.PLANNED,
            publish_at=ClockTimestamp(),
            leased_until=None,
            attempts=models.F("attempts") - 1,
            publications=Greatest(models.F("publications") - 1, 0),
        )

    def unstarted(self) -> Self:
        """Published firings that no worker has begun."""
        return self.filter(state=Firing.State.PUBLISHED)

    def begun(self) -> Self:
        """Firings whose latest message has reached a worker."""
        return self.filter(state__in=[Firing.State.STARTED, Firing.State.SETTLED])

    def abandoned(self, now: datetime) -> Self:
        """Firings whose worker has not been heard of for longer than its lease."""
        return self.filter(state=Firing.State.STARTED, leased_until__lt=now)

    def stretching_beyond(self, now: datetime) -> Self:
        """Verdicts on many slots of which some are yet to come."""
        return self.filter(last_slot_at__gt=now, slots__gt=1)

    def settled_before(self, limit: datetime) -> Self:
        return self.filter(state=Firing.State.SETTLED, settled_at__lt=limit)


class Firing(models.Model):
    """One slot taken: planned, published, started, settled. Platform and worker trust this row alone.

    With a verdict no body runs: a worker writes down in the tenant's runs what became of the slots
    from `slot_at` to `last_slot_at`.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        PUBLISHED = "published", _("published")
        STARTED = "started", _("started")
        SETTLED = "settled", _("settled")

    class Verdict(models.TextChoices):
        MISSED = "missed", _("missed")
        SKIPPED = "skipped", _("skipped")
        PAUSED = "paused", _("paused")
        SUSPENDED = "suspended", _("suspended")
        CANCELLED = "cancelled", _("cancelled")
        FAILED = "failed", _("failed")

    IN_FLIGHT = (State.PLANNED, State.PUBLISHED, State.STARTED)

    id = models.UUIDField(primary_key=True, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="firings")
    periodic_task_id = models.BigIntegerField(_("periodic task"))
    task = models.CharField(_("task"), max_length=200)
    slot_at = models.DateTimeField(_("slot"))
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.PLANNED)
    trigger = models.CharField(_("trigger"), max_length=8, default="schedule")
    verdict = models.CharField(
        _("verdict"), max_length=9, choices=Verdict, blank=True, default="", db_default=""
    )
    last_slot_at = models.DateTimeField(_("last slot"), null=True)
    slots = models.PositiveBigIntegerField(_("slots"), default=1, db_default=1)
    queue = models.CharField(_("queue"), max_length=20, default="celery", db_default="celery")
    planned_at = models.DateTimeField(_("planned at"))
    #: When its message may go out: at once, or after the pause before a new try.
    publish_at = models.DateTimeField(_("publish at"), db_default=ClockTimestamp())
    #: Kept planned until no earlier run of its schedule is going; see `scheduling.policies.Overlap`.
    waits = models.BooleanField(_("waits"), default=False, db_default=False)
    published_at = models.DateTimeField(_("published at"), null=True)
    publications = models.PositiveIntegerField(_("publications"), default=0, db_default=0)
    started_at = models.DateTimeField(_("started at"), null=True)
    #: How often a worker began this try; more than one of them died.
    attempts = models.PositiveIntegerField(_("attempts"), default=0, db_default=0)
    #: The worker that has begun it puts this off while it lives.
    leased_until = models.DateTimeField(_("leased until"), null=True)
    #: Staff asked for its run to end.
    stop_requested_at = models.DateTimeField(_("stop requested at"), null=True)
    settled_at = models.DateTimeField(_("settled at"), null=True)
    #: The run's final state, once settled.
    outcome = models.CharField(_("outcome"), max_length=10, blank=True)
    #: Why it failed, was put off or never ran.
    error = models.TextField(_("error"), blank=True)

    objects = FiringQuerySet.as_manager()

    class Meta:
        verbose_name = _("firing")
        verbose_name_plural = _("firings")
        # The table is partitioned by day of `slot_at`, which Postgres therefore wants in every unique
        # constraint: its primary key is (id, slot_at), and nothing can refer to `id` alone. Django
        # need not know: a slot's id is computed from the slot, the others' are random.
        constraints = (
            models.UniqueConstraint(
                fields=["tenant", "periodic_task_id", "slot_at"], name="firing_is_unique_per_slot"
            ),
        )
        # Serves FiringQuerySet.publishable: a handful of rows however long the ledger is.
        indexes = (
            models.Index(
                fields=["publish_at", "id"],
                name="firing_to_publish",
                condition=models.Q(state="planned"),
            ),
            # Serve the rescue: what waits at the broker, how far its workers have come, and what
            # they have begun.
            models.Index(
                fields=["queue", "published_at"],
                name="firing_unstarted",
                condition=models.Q(state="published"),
            ),
            models.Index(
                fields=["queue", "published_at"],
                name="firing_begun",
                condition=models.Q(state__in=["started", "settled"], publications=1),
            ),
            models.Index(
                fields=["leased_until"],
                name="firing_leased",
                condition=models.Q(state="started"),
            ),
            models.Index(fields=["-slot_at"], name="firing_newest_first"),
            # Serves FiringQuerySet.in_flight_of: asked for each batch that is planned.
            models.Index(
                fields=["tenant"],
                name="firing_in_flight",
                condition=models.Q(state__in=["planned", "published", "started"]),
            ),
            # Serves FiringQuerySet.stretching_beyond.
            models.Index(
                fields=["last_slot_at"],
                name="firing_stretches",
                condition=models.Q(last_slot_at__isnull=False),
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

    @classmethod
    def planned(cls, **values: Any) -> Firing:
        """Return a firing that is to be written, of these attributes; at a fifth of what `Firing()` costs."""
        return with_values(cls, {**blank_firing(), **values}, adding=True)

    @property
    def is_settled(self) -> bool:
        return self.state == self.State.SETTLED


@cache
def blank_firing() -> dict[str, Any]:
    """Return the attributes of a new firing of which nothing is known."""
    return {name: value for name, value in vars(Firing()).items() if name != "_state"}


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
