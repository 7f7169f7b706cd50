"""What each schedule was from when to when: what beat reads, and what the books are closed by.

A version is written by Postgres at the commit of every change, whoever made it and whether or not a
beat is there (`agenda_capture`, called by a deferred trigger). So no change is lost that came and
went while all beats were down, and the slots of any past month can be derived again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Self

from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from scheduling.cadence import ClockedCadence
from scheduling.catalogue import catalogue_of
from scheduling.periodic import Reading, Unreadable, read
from scheduling.policies import Policies
from scheduling.spread import Spread
from tenants.models import Tenant


class ScheduleVersionQuerySet(models.QuerySet["ScheduleVersion"]):
    def current(self) -> Self:
        return self.filter(to_at=None)

    def pending(self) -> Self:
        """Current versions, and ended ones whose slots beat has not looked after yet."""
        return self.filter(models.Q(to_at=None) | models.Q(is_processed=False))

    def at(self, slot_at: datetime) -> Self:
        """Versions that named a slot at this instant, if they named it at all."""
        not_ended = models.Q(to_at=None) | models.Q(to_at__gte=slot_at)
        return self.filter(not_ended, from_at__lt=slot_at).order_by("from_at", "pk")

    def within(self, after: datetime, until: datetime) -> Self:
        """Versions that held at some instant of a stretch of time."""
        not_ended = models.Q(to_at=None) | models.Q(to_at__gt=after)
        return self.filter(not_ended, from_at__lt=until)


class ScheduleVersion(models.Model):
    """One schedule as it was after `from_at`, up to and including `to_at`."""

    class State(models.TextChoices):
        ACTIVE = "active", _("active")
        PAUSED = "paused", _("paused")
        SUSPENDED = "suspended", _("suspended")

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="versions")
    periodic_task_id = models.BigIntegerField(_("periodic task"))
    #: The periodic task with its schedule and policies, as `scheduling.periodic` reads it.
    row = models.JSONField(_("row"))
    state = models.CharField(_("state"), max_length=9, choices=State)
    #: Where an interval without a start time begins to count: the commit of its last change.
    anchor_at = models.DateTimeField(_("anchor"))
    from_at = models.DateTimeField(_("from"))
    to_at = models.DateTimeField(_("until"), null=True)
    changed_by = models.TextField(_("changed by"))
    #: What the slots of an ended version get is decided.
    is_processed = models.BooleanField(_("processed"), default=False)
    #: Written beforehand: a pause with its end, and what is to follow it. Their instants may be to come.
    is_planned = models.BooleanField(_("planned"), default=False, db_default=False)

    objects = ScheduleVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("schedule version")
        verbose_name_plural = _("schedule versions")
        constraints = (
            models.UniqueConstraint(
                fields=["tenant", "periodic_task_id"],
                condition=models.Q(to_at__isnull=True),
                name="version_is_one_at_a_time",
            ),
        )
        indexes = (
            # Serves ScheduleVersionQuerySet.pending: what is over and done with is not in it.
            models.Index(
                fields=["tenant"],
                condition=models.Q(to_at__isnull=True) | models.Q(is_processed=False),
                name="version_pending",
            ),
            models.Index(fields=["tenant", "periodic_task_id", "from_at"], name="version_history"),
        )

    def __str__(self) -> str:
        return f"{self.tenant_id}/{self.periodic_task_id} from {self.from_at.isoformat()}"

    @property
    def is_active(self) -> bool:
        return self.state == self.State.ACTIVE

    @property
    def name(self) -> str:
        return str(self.row["name"])

    def is_to_come(self, now: datetime) -> bool:
        """Whether it begins when a pause ends that goes on."""
        return self.is_planned and self.to_at is None and self.from_at > now

    def is_to_end(self, current: ScheduleVersion | None) -> bool:
        """Whether it is the pause that the current version is to follow."""
        return self.is_planned and current is not None and self.to_at == current.from_at

    def reading(self) -> Reading:
        """Return what the row asked for; raises Unreadable where it was set aside."""
        return read(self.row, catalogue_of(self.tenant.schema_name), anchor_at=self.anchor_at)

    def first_slot_at(self, reading: Reading) -> datetime | None:
        """Return the first slot after the change; of a one-off, its only one if that is yet to come.

        A one-off that is renamed after it fired has none: it counts from its anchor.
        """
        if not reading.one_off:
            return reading.cadence.next_after(self.from_at)
        only = reading.cadence.next_after(self.anchor_at)
        return only if only and only > self.from_at else None

    def names_slots(self, reading: Reading) -> bool:
        """Whether slots pass under it. A one-off that is not active has its slot when it is again.

        Unless that is an instant which somebody chose: it passes, and is paused or suspended.
        """
        return self.is_active or not reading.one_off or reading.cadence.kind == ClockedCadence.kind

    def fires_at(self, slot_at: datetime) -> datetime:
        """Return when a slot that this version named was to fire; raises Unreadable if it names none."""
        reading = self.reading()
        following = None if reading.one_off else reading.cadence.next_after(slot_at)
        width = Policies.chosen(self.row["policies"]).spread
        return Spread(self.tenant_id, self.periodic_task_id, width).fires_at(slot_at, following)

    def slots(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Yield the slots that this version named with `after` < slot <= `until`, in order.

        A row that was set aside named none, and neither did a one-off that waited for its pause to end.
        """
        after = max(after, self.from_at)
        until = min(until, self.to_at or until)
        try:
            reading = self.reading()
        except Unreadable:
            return iter(())
        if not reading.one_off:
            return reading.cadence.slots(after, until)
        only = self.first_slot_at(reading) if self.names_slots(reading) else None
        return iter([only] if only and after < only <= until else [])


def capture(schema_name: str, changed_at: datetime | None = None) -> int:
    """Write a version of each schedule that changed unnoticed in a schema; return how many did.

    Each is dated `changed_at`, if that is known and past, else now; never before the one before it.
    Locks the tenant's `TenantIndex`. Raises ProgrammingError when the schema cannot be read.
    """
    return capture_all([(schema_name, changed_at)])


def capture_all(changes: Iterable[tuple[str, datetime | None]]) -> int:
    """Do so in several schemas, each with when it changed."""
    schema_names, instants = zip(*changes, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(public.agenda_capture(schema_name, changed_at))"
            " FROM unnest(%s::text[], %s::timestamptz[]) AS given (schema_name, changed_at)",
            [list(schema_names), list(instants)],
        )
        changed: int = cursor.fetchone()[0]
    return changed


def name_actor(actor: str) -> None:
    """Say who changes schedules, to the end of this transaction; else it is the database login."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('agenda.actor', %s, true)", [actor])
