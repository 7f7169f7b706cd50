"""How long a tenant keeps its runs; `retention` forgets them."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from scheduling.pauses import OUR_TIME


class RunRetention(models.Model):
    """How long this tenant keeps its runs; one row, or none as long as nothing was changed or forgotten."""

    ONLY = 1
    #: A week: longer than anything that still asks about a slot, as catching up after an outage does.
    DAYS_MINIMUM = 7
    DAYS_MAXIMUM = 3650

    runs_kept_days = models.PositiveSmallIntegerField(
        _("days"),
        null=True,
        blank=True,
        validators=[MinValueValidator(DAYS_MINIMUM), MaxValueValidator(DAYS_MAXIMUM)],
        help_text=_(
            "Runs whose slot is longer ago are deleted for good in the following night. "
            "Empty: as long as the platform keeps them."
        ),
    )
    #: Of slots before this instant there may be no run any more, so that none is missing either.
    runs_kept_since = models.DateTimeField(_("kept since"), null=True, editable=False)

    class Meta:
        verbose_name = _("retention of runs")
        verbose_name_plural = _("retention of runs")
        constraints = (
            models.CheckConstraint(name="run_retention_is_one_row", condition=models.Q(id=1)),
            models.CheckConstraint(
                name="runs_are_kept_for_a_week_at_least",
                condition=models.Q(runs_kept_days__range=(7, 3650)),
            ),
            # A tenant's SQL must not write one that Python cannot hold, such as infinity.
            models.CheckConstraint(
                name="runs_kept_since_is_in_our_time",
                condition=models.Q(runs_kept_since__range=OUR_TIME),
            ),
        )

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    @property
    def days(self) -> int:
        return self.runs_kept_days or settings.RUNS_KEPT_DAYS

    @classmethod
    def current(cls) -> RunRetention:
        return cls.objects.first() or cls(pk=cls.ONLY)

    @staticmethod
    def note_forgotten(limit: datetime) -> None:
        """Remember that runs of slots before `limit` are forgotten. What was forgotten stays forgotten."""
        rows = RunRetention.objects
        rows.bulk_create([RunRetention(pk=RunRetention.ONLY)], ignore_conflicts=True)
        earlier = models.Q(runs_kept_since=None) | models.Q(runs_kept_since__lt=limit)
        rows.filter(earlier).update(runs_kept_since=limit)
