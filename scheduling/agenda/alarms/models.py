"""What is missing, since when, who was told of it, and the one row by which passes take turns."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal, Self

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from tenants.models import Tenant

#: Who is told: those who chose it among a tenant's owners, and the addresses in `ALARM_EMAILS`.
Audience = Literal["owners", "platform"]

#: A recovery of longer ago is no news any more.
NEWS_FOR = timedelta(days=1)
#: One tenant's owners, or the platform, get mail at most this often, however many schedules.
REST = timedelta(minutes=10)


def between_mails() -> timedelta:
    """How long a schedule that was told of is not told of again."""
    return timedelta(seconds=settings.ALARM_MAIL_EVERY_SECONDS)


def rest() -> timedelta:
    return min(REST, between_mails())


def within(column: str, now: datetime, period: timedelta) -> Q:
    """Whether an instant lies within the period up to `now`; one ahead is of a clock that went back."""
    return Q(**{f"{column}__gt": now - period, f"{column}__lte": now})


def told_within(to: Audience, now: datetime, period: timedelta) -> Q:
    return within(f"{to}_notified_at", now, period) | within(
        f"{to}_recovery_notified_at", now, period
    )


def owed(to: str) -> Q:
    """Which alarms were not told, or had a recovery since that was not. An index has the same words."""
    recovered = Q(ending="ran", **{f"{to}_recovery_notified_at__isnull": True})
    return Q(**{f"{to}_notified_at__isnull": True}) | recovered


class AlarmQuerySet(models.QuerySet["Alarm"]):
    def of(self, tenant: Tenant) -> Self:
        return self.filter(tenant=tenant)

    def open(self) -> Self:
        return self.filter(recovered_at=None)

    def owed(self, to: Audience, now: datetime) -> Self:
        """What is still to be told and may be told now: of no schedule twice within the hour."""
        same = Alarm.objects.filter(
            told_within(to, now, between_mails()),
            tenant=OuterRef("tenant"),
            periodic_task_id=OuterRef("periodic_task_id"),
        )
        is_news = Q(recovered_at=None) | Q(recovered_at__gt=now - NEWS_FOR)
        return self.filter(owed(to), is_news).exclude(Exists(same))

    def mark_told(self, to: Audience, now: datetime) -> int:
        """Note in one statement that these were told as they were at `now`."""
        stamp = Value(now, output_field=models.DateTimeField())
        told: dict[str, Any] = {
            f"{to}_notified_at": Coalesce(F(f"{to}_notified_at"), stamp),
            f"{to}_recovery_notified_at": Case(When(recovered_at__lte=now, then=stamp)),
        }
        return self.update(**told)


class Alarm(models.Model):
    """A slot of one schedule that was not settled in time, until a later one is settled well."""

    class Reason(models.TextChoices):
        UNTAKEN = "untaken", _("no scheduler took it")
        HELD = "held", _("too many runs of the tenant were under way")
        UNSENT = "unsent", _("it could not be sent to a worker")
        UNSTARTED = "unstarted", _("no worker began it")
        UNFINISHED = "unfinished", _("a worker began it, and it has not ended")
        FAILED = "failed", _("it failed")
        MISSED = "missed", _("its time had passed when a scheduler took it")

    class Ending(models.TextChoices):
        RAN = "ran", _("a run succeeded")
        WITHDRAWN = "withdrawn", _("no run is expected: it was paused, changed, deleted or is over")

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="alarms")
    periodic_task_id = models.BigIntegerField(_("periodic task"))
    name = models.CharField(_("schedule"), max_length=200)
    slot_at = models.DateTimeField(_("slot"))
    reason = models.CharField(_("reason"), max_length=10, choices=Reason)
    raised_at = models.DateTimeField(_("raised at"))
    recovered_at = models.DateTimeField(_("recovered at"), null=True)
    ending = models.CharField(_("ended because"), max_length=10, choices=Ending, blank=True)
    owners_notified_at = models.DateTimeField(_("owners told at"), null=True)
    owners_recovery_notified_at = models.DateTimeField(_("owners told of the end at"), null=True)
    #: A mail was refused or the schema could not be read: others have their turn first.
    owners_tried_at = models.DateTimeField(null=True)
    platform_notified_at = models.DateTimeField(_("platform told at"), null=True)
    platform_recovery_notified_at = models.DateTimeField(
        _("platform told of the end at"), null=True
    )

    objects = AlarmQuerySet.as_manager()

    class Meta:
        verbose_name = _("alarm")
        verbose_name_plural = _("alarms")
        constraints = (
            models.UniqueConstraint(
                fields=["tenant", "periodic_task_id"],
                name="alarm_is_open_once_per_schedule",
                condition=Q(recovered_at__isnull=True),
            ),
        )
        indexes = (
            # Serves what is asked of each late slot: is it told already?
            models.Index(fields=["tenant", "periodic_task_id", "slot_at"], name="alarm_of_slot"),
            models.Index(fields=["-raised_at"], name="alarm_newest_first"),
            # Serve AlarmQuerySet.owed: a handful of rows however long the history is.
            models.Index(fields=["tenant"], name="alarm_owed_to_owners", condition=owed("owners")),
            models.Index(
                fields=["tenant"], name="alarm_owed_to_platform", condition=owed("platform")
            ),
        )

    def __str__(self) -> str:
        return f"{self.tenant_id}/{self.periodic_task_id} {self.slot_at.isoformat()}"

    @property
    def is_open(self) -> bool:
        return self.recovered_at is None


class AlarmPass(models.Model):
    """The one row by which the passes of all workers take turns, and what the next must know."""

    #: Who is at it has it until then, so that one who dies keeps no other from it for long.
    held_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    #: Failures settled up to then were looked at.
    failures_seen_until = models.DateTimeField(null=True)
    platform_mailed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"held until {self.held_until}"
