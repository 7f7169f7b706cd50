"""A tenant's schedules and runs, in its own schema."""

from __future__ import annotations

from typing import Self

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_celery_beat.models import PeriodicTask

from scheduling.brake import Brake, Hold
from scheduling.pauses import Pause
from scheduling.policies import CatchUp, Gap, Overlap, Repeat
from scheduling.retry import Retry
from scheduling.run_requests import RunRequest
from scheduling.run_retention import RunRetention
from scheduling.undo import Undo
from scheduling.zone_changes import ZoneChange

__all__ = [
    "Brake",
    "Hold",
    "Pause",
    "Policy",
    "Retry",
    "Run",
    "RunRequest",
    "RunRetention",
    "Schedule",
    "SeededSchedule",
    "Undo",
    "ZoneChange",
]

RETRIES_MAXIMUM = 10
SPREAD_MAXIMUM = 60  # minutes
MINUTE, MONTH = 60, 31 * 24 * 3600  # seconds


def one_of(column: str, choices: type[models.TextChoices]) -> models.CheckConstraint:
    known = models.Q(**{f"{column}__in": choices.values})
    return models.CheckConstraint(name=f"policy_{column}_is_known", condition=known)


def between(column: str, least: int, most: int) -> models.CheckConstraint:
    within = models.Q(**{f"{column}__gte": least, f"{column}__lte": most})
    return models.CheckConstraint(name=f"policy_{column}_is_bounded", condition=within)


class Schedule(PeriodicTask):
    """A tenant's periodic task as its own admin shows it: django_celery_beat's row and no other."""

    class Meta:
        proxy = True
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")

    @classmethod
    def lock(cls, schedule_id: int) -> None:
        """Lock a schedule by its key alone, for its columns may hold what no model can.

        Raises ValidationError when it was deleted.
        """
        # No foreign key waits for such a lock.
        locked = cls.objects.select_for_update(no_key=True).filter(pk=schedule_id)
        if not list(locked.values_list("pk")):
            raise ValidationError(_("The schedule was deleted."))

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


class Policy(models.Model):
    """What one schedule does with missed slots, overlaps, failures, changes of clocks; and its spread.

    Beside the periodic task and not in it, for that table is django_celery_beat's. Where there is no
    row, or a column is empty, the platform's default counts (see `scheduling.policies`).
    """

    #: No foreign key: periodic tasks are also deleted by SQL, which would have to know of this table.
    periodic_task_id = models.BigIntegerField(_("schedule"), primary_key=True)
    catch_up = models.CharField(
        _("missed slots"), max_length=4, choices=CatchUp, null=True, blank=True
    )
    catch_up_window = models.PositiveIntegerField(
        _("catch up with the last (seconds)"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(MONTH)],
    )
    overlap = models.CharField(_("overlap"), max_length=5, choices=Overlap, null=True, blank=True)
    retries = models.PositiveSmallIntegerField(
        _("retries"), null=True, blank=True, validators=[MaxValueValidator(RETRIES_MAXIMUM)]
    )
    gap = models.CharField(
        _("clocks put forward"), max_length=5, choices=Gap, null=True, blank=True
    )
    repeat = models.CharField(
        _("clocks put back"), max_length=5, choices=Repeat, null=True, blank=True
    )
    spread_minutes = models.PositiveSmallIntegerField(
        _("fire within (minutes after the slot)"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(SPREAD_MAXIMUM)],
    )
    alarm_after = models.PositiveIntegerField(
        _("alarm when late by (seconds)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(MINUTE), MaxValueValidator(MONTH)],
    )

    class Meta:
        verbose_name = _("policy")
        verbose_name_plural = _("policies")
        # Beat reads these columns: what SQL writes past our forms must be such as it understands.
        constraints = (
            one_of("catch_up", CatchUp),
            one_of("overlap", Overlap),
            one_of("gap", Gap),
            one_of("repeat", Repeat),
            between("catch_up_window", 0, MONTH),
            between("retries", 0, RETRIES_MAXIMUM),
            between("alarm_after", MINUTE, MONTH),
            between("spread_minutes", 0, SPREAD_MAXIMUM),
        )

    def __str__(self) -> str:
        return f"policy of {self.periodic_task_id}"


class RunQuerySet(models.QuerySet["Run"]):
    def over(self) -> Self:
        return self.exclude(state__in=Run.UNFINISHED)

    def held(self) -> Self:
        """Runs that wait for somebody to approve or dismiss them; found by their few holds."""
        return self.filter(pk__in=Hold.objects.open().values("pk"), state=Run.State.HELD)


class Run(models.Model):
    """What came of one slot of a periodic task. It outlives the schedule it belongs to.

    It is written in one transaction with the effect it reports, and unique per slot, so a firing
    that is delivered twice has one effect. Slots in a row that were never taken (missed, paused,
    suspended) are one run, from `slot_at` to `last_slot_at`.
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

    UNFINISHED = (State.RUNNING, State.HELD)
    #: Asked for by somebody, beside the cadence: no slot that a schedule names is theirs.
    BY_HAND = (Trigger.MANUAL, Trigger.RETRY)

    periodic_task_id = models.BigIntegerField(_("schedule"))
    name = models.CharField(_("name"), max_length=200)
    task = models.CharField(_("task"), max_length=200)
    parameters = models.JSONField(_("parameters"), default=dict, encoder=DjangoJSONEncoder)
    slot_at = models.DateTimeField(_("slot"))
    last_slot_at = models.DateTimeField(_("last slot"), null=True)
    slots = models.PositiveBigIntegerField(_("slots"), default=1, db_default=1)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.RUNNING)
    trigger = models.CharField(_("trigger"), max_length=8, choices=Trigger)
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    examined = models.PositiveBigIntegerField(_("examined"), default=0)
    closed = models.PositiveBigIntegerField(_("closed"), default=0)
    #: Exceptions of the body so far; what else went wrong (a worker that died) does not count.
    retries = models.PositiveSmallIntegerField(_("retries"), default=0, db_default=0)
    error = models.TextField(_("error"), blank=True)

    objects = RunQuerySet.as_manager()

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

    @property
    def is_held(self) -> bool:
        return self.state == self.State.HELD
