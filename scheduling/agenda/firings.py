"""The ledger: one row for each slot that was taken, from then until it is settled."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha1
from typing import Self

from django.db import models
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from scheduling.agenda.clock import ClockTimestamp
from tenants.models import Tenant

#: Namespace of firing ids, so that one slot of one periodic task has the same id for ever.
NAMESPACE = uuid.UUID("4f0d5f52-5c1c-4f0e-9d52-8f1f6d6b5a0e").bytes


class FiringQuerySet(models.QuerySet["Firing"]):
    def in_flight(self) -> Self:
        return self.filter(state__in=Firing.IN_FLIGHT)

    def in_flight_of(self, tenant_ids: Iterable[int]) -> Self:
        return self.in_flight().filter(tenant__in=tenant_ids)

    def going(self, tenant_id: int, periodic_task_id: int) -> Self:
        """Runs of one schedule that are under way, or about to be; not those that wait for others."""
        own = self.in_flight().filter(tenant=tenant_id, periodic_task_id=periodic_task_id)
        return own.filter(waits=False, verdict="").exclude(trigger="manual").exclude(released=False)

    def held(self) -> Self:
        """Firings that wait for somebody to decide about them."""
        return self.filter(released=False)

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

    def unlocked(self) -> models.QuerySet[Firing]:
        """Lock those of these that nobody else holds, and return them, waiting for none.

        A tenant may lock its own: what is done for all must not wait for that. In a transaction.
        """
        free = self.select_for_update(skip_locked=True, of=("self",)).only("pk")
        return self.model.objects.filter(pk__in=[firing.pk for firing in free])

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
    # Without an index of its own: the unique constraint's begins with it. Triggers do what the
    # database's constraint would, once for each statement; see migration 0021.
    tenant = models.ForeignKey(
        Tenant,
        on_delete=models.CASCADE,
        related_name="firings",
        db_index=False,
        db_constraint=False,
    )
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
    #: False while its run is held, true when somebody has decided; nothing otherwise, nearly always.
    released = models.BooleanField(_("released"), null=True)
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
        # Serves `outgoing.lock_outgoing`: a handful of rows however long the ledger is.
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
            # Serves the list of the settled. Of others too it would cost a tenth of a burst.
            models.Index(
                fields=["-slot_at"],
                name="firing_newest_settled",
                condition=models.Q(state="settled"),
            ),
            # Serves `flights.IN_FLIGHT`, asked for each batch that is planned, and the alarms.
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
        return uuid.UUID(slot_id(tenant_id, periodic_task_id, slot_at))

    @property
    def is_settled(self) -> bool:
        return self.state == self.State.SETTLED


def slot_id(tenant_id: int, periodic_task_id: int, slot_at: datetime) -> str:
    """Return the id of a slot's firing as text: a UUID of version 5, at a third of what `uuid5` costs."""
    slot = f"{tenant_id}/{periodic_task_id}/{slot_at.isoformat()}"
    digits = sha1(NAMESPACE + slot.encode(), usedforsecurity=False).hexdigest()
    # RFC 9562: the version, and two bits for the variant.
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"
