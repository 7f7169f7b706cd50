"""A tenant's schedules and runs, in its own schema."""

from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_celery_beat.models import PeriodicTask


class Schedule(PeriodicTask):
    """A tenant's periodic task as its own admin shows it: django_celery_beat's row and no other."""

    class Meta:
        proxy = True
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")

    def __str__(self) -> str:
        # Upstream's names the crontab too, and fails on one whose time zone does not exist.
        return str(self.name)


class SeededSchedule(models.Model):
    """Remembers which periodic task seeding made, so that what became of it is the tenant's choice."""

    task = models.CharField(max_length=200, unique=True)
    periodic_task_id = models.BigIntegerField()
    seeded_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.task} as {self.periodic_task_id}"


class Run(models.Model):
    """What came of one slot of a periodic task. It outlives the schedule it belongs to.

    It is written in one transaction with the effect it reports, and unique per slot, so a firing
    that is delivered twice has one effect.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        HELD = "held", _("held")
        SUCCEEDED = "succeeded", _("succeeded")
        FAILED = "failed", _("failed")
        SKIPPED = "skipped", _("skipped")
        MISSED = "missed", _("missed")
        PAUSED = "paused", _("paused")
        SUSPENDED = "suspended", _("suspended")
        CANCELLED = "cancelled", _("cancelled")

    class Trigger(models.TextChoices):
        SCHEDULE = "schedule", _("schedule")
        CATCH_UP = "catch_up", _("catch-up")
        RETRY = "retry", _("retry")
        MANUAL = "manual", _("by hand")

    periodic_task_id = models.BigIntegerField(_("schedule"))
    name = models.CharField(_("name"), max_length=200)
    task = models.CharField(_("task"), max_length=200)
    parameters = models.JSONField(_("parameters"), default=dict, encoder=DjangoJSONEncoder)
    slot_at = models.DateTimeField(_("slot"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.RUNNING)
    trigger = models.CharField(_("trigger"), max_length=8, choices=Trigger)
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    examined = models.PositiveBigIntegerField(_("examined"), default=0)
    closed = models.PositiveBigIntegerField(_("closed"), default=0)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering = ("-slot_at", "-pk")
        indexes = (models.Index(fields=["-slot_at", "-id"], name="run_newest_first"),)
        constraints = (
            models.UniqueConstraint(
                fields=["periodic_task_id", "slot_at"], name="run_is_unique_per_slot"
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.slot_at.isoformat()}"

    @property
    def is_running(self) -> bool:
        return self.state == self.State.RUNNING
