"""When a schedule's runs are held for approval, and those that are or were."""

from __future__ import annotations

from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now
from django.utils.formats import number_format
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from wording.sentences import Sentence

UNUSUAL = Sentence(gettext_noop("It would close %(number)s; usually a run closes about %(usual)s."))
WANTED = Sentence(
    gettext_noop("It would close %(number)s, and you want to be asked above %(most)s.")
)


class Brake(models.Model):
    """What a tenant chose of one schedule's brake; without a row, runs that are unusual are held.

    Apart from Policy, of which every change is one of the schedule: beat need not know of this.
    """

    class Rule(models.TextChoices):
        USUAL = "usual", _("when it would do much more than usual")
        FIXED = "fixed", _("when it would do more than a number of your own")
        NEVER = "never", _("never")

    #: No foreign key: see Policy.
    periodic_task_id = models.BigIntegerField(_("schedule"), primary_key=True)
    rule = models.CharField(_("hold a run for approval"), max_length=5, choices=Rule)
    most = models.PositiveIntegerField(_("hold it above"), null=True, blank=True)

    class Meta:
        verbose_name = _("brake")
        verbose_name_plural = _("brakes")
        constraints = (
            models.CheckConstraint(
                name="brake_rule_is_known",
                condition=models.Q(rule="fixed", most__isnull=False)
                | models.Q(rule__in=["usual", "never"], most=None),
            ),
        )

    def __str__(self) -> str:
        return f"brake of {self.periodic_task_id}"

    @classmethod
    def of(cls, periodic_task_id: int) -> Brake:
        """Return a schedule's brake, stored or not."""
        found = cls.objects.filter(pk=periodic_task_id).first()
        return found or cls(periodic_task_id=periodic_task_id, rule=cls.Rule.USUAL)

    def choose(self, rule: str, most: int | None) -> None:
        """Store what is chosen; nothing is kept where that is the usual one.

        Raises ValidationError, keyed by the form's field.
        """
        if rule == self.Rule.FIXED and most is None:
            raise ValidationError({"brake_most": _("Say above how many a run is held.")})
        self.rule, self.most = rule, most
        if rule == self.Rule.USUAL:
            Brake.objects.filter(pk=self.pk).delete()
        else:
            self.save()


class HoldQuerySet(models.QuerySet["Hold"]):
    def open(self) -> Self:
        """Those of runs that are held now."""
        return self.filter(ended_at=None)

    def untold(self) -> Self:
        """Open ones of which owners are to be told."""
        return self.open().filter(told_at=None)

    def end(self, run_id: int) -> None:
        """Note that a run is not held any more; repeat at will."""
        self.open().filter(pk=run_id).update(ended_at=Now())


class Hold(models.Model):
    """A run was held since it would have done unusually much; what was decided about it, and by whom."""

    class Decision(models.TextChoices):
        APPROVED = "approved", _("approved")
        DISMISSED = "dismissed", _("dismissed")
        EXPIRED = "expired", _("nobody decided in time")

    #: No foreign key: see Policy. It is forgotten with its run.
    run_id = models.BigIntegerField(_("run"), primary_key=True)
    periodic_task_id = models.BigIntegerField(_("schedule"))
    #: What it would have done when it was held, and above what it was to be held.
    number = models.PositiveBigIntegerField(_("would close"))
    most = models.PositiveBigIntegerField(_("held above"))
    #: The median of the runs before; nothing where the tenant named a number.
    usual = models.PositiveBigIntegerField(_("usual"), null=True)
    held_at = models.DateTimeField(_("held"), db_default=Now())
    expires_at = models.DateTimeField(_("expires"))
    #: Who is mailing owners about it has it until then.
    telling_until = models.DateTimeField(null=True)
    told_at = models.DateTimeField(_("owners told"), null=True)
    decision = models.CharField(_("decision"), max_length=9, choices=Decision, blank=True)
    by = models.CharField(_("by"), max_length=254, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        verbose_name = _("hold of a run")
        verbose_name_plural = _("holds of runs")
        constraints = (
            # One is asked about at a time; also serves those that are open, a handful.
            models.UniqueConstraint(
                fields=["periodic_task_id"],
                name="hold_is_open_once_per_schedule",
                condition=models.Q(ended_at__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"hold of run {self.run_id}"

    @property
    def is_approved(self) -> bool:
        return self.decision == self.Decision.APPROVED

    @property
    def reason(self) -> str:
        """Why it was held, in the reader's language."""
        return gettext(self.sentence.english) % {
            name: grouped(figure) for name, figure in self.figures.items()
        }

    @property
    def stored_reason(self) -> str:
        """The same in English, as a run keeps it."""
        return self.sentence(**self.figures)

    @property
    def sentence(self) -> Sentence:
        return WANTED if self.usual is None else UNUSUAL

    @property
    def figures(self) -> dict[str, int]:
        return {"number": self.number, "most": self.most, "usual": self.usual or 0}


def grouped(number: int) -> str:
    return number_format(number, force_grouping=True)
