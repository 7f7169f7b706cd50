"""What a tenant says of which of its old orders are closed, and on which days none is."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.core.validators import (
    MaxLengthValidator,
    MaxValueValidator,
    MinValueValidator,
    RegexValidator,
)
from django.db import models
from django.db.models import lookups
from django.db.models.functions import Length
from django.utils.translation import gettext_lazy as _

TOTAL_MAXIMUM = Decimal("999999999999.99")
NAMES_MAXIMUM = 50_000  # characters
NAMES: models.Field[Any, Any] = ArrayField(models.TextField())
#: Days that every process can hold.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)


class IsNamed(models.Func):
    """Whether a customer is one of these names: one value, for an expression each takes seconds.

    Postgres folds both sides, so that they are folded alike whatever its locale, and hashes the names
    once.
    """

    template = "lower(btrim(%(expressions)s) AS name)"
    arg_joiner = ")) IN (SELECT lower(btrim(name)) FROM unnest("
    output_field = models.BooleanField()


class ClosingRules(models.Model):
    """What is closed beyond the age; one row, or none as long as nothing was chosen.

    Totals in different currencies are never compared: where there is a least or greatest total, it is
    in `currency`, and orders in any other are left alone.
    """

    ONLY = 1

    closes_open = models.BooleanField(_("open orders"), default=True, db_default=True)
    closes_fulfilled = models.BooleanField(_("fulfilled orders"), default=False, db_default=False)
    least_total = models.DecimalField(
        _("least total"),
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("Orders of less are left alone. Empty: there is no least."),
    )
    greatest_total = models.DecimalField(
        _("greatest total"),
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("Orders of more are left alone. Empty: there is no greatest."),
    )
    currency = models.CharField(
        _("currency of these totals"),
        max_length=3,
        blank=True,
        default="",
        db_default="",
        validators=[RegexValidator(r"\A[A-Z]{3}\Z", _("Write three capitals, such as EUR."))],
        help_text=_(
            "With a least or greatest total, orders in any other currency are left alone, as amounts "
            "in different currencies are not compared."
        ),
    )
    #: One per line.
    never_closed = models.TextField(
        _("customers whose orders are never closed"),
        blank=True,
        default="",
        db_default="",
        validators=[MaxLengthValidator(NAMES_MAXIMUM)],
        help_text=_(
            "One customer per line, as written in the orders. Capitals, and spaces around a name, "
            "make no difference."
        ),
    )

    class Meta:
        verbose_name = _("closing rules")
        verbose_name_plural = _("closing rules")
        constraints = (
            models.CheckConstraint(name="closing_rules_are_one_row", condition=models.Q(id=1)),
            models.CheckConstraint(
                name="closing_rules_close_something",
                condition=models.Q(closes_open=True) | models.Q(closes_fulfilled=True),
            ),
            # Both refuse NaN, which Postgres takes for the greatest number of all.
            models.CheckConstraint(
                name="closing_rules_least_total_can_be",
                condition=models.Q(least_total__range=(0, TOTAL_MAXIMUM)),
            ),
            models.CheckConstraint(
                name="closing_rules_greatest_total_can_be",
                condition=models.Q(greatest_total__range=(0, TOTAL_MAXIMUM)),
            ),
            models.CheckConstraint(
                name="closing_rules_totals_are_in_order",
                condition=models.Q(greatest_total__gte=models.F("least_total")),
            ),
            models.CheckConstraint(
                name="closing_rules_totals_have_a_currency",
                condition=models.Q(least_total=None, greatest_total=None)
                | models.Q(currency__regex="^[A-Z]{3}$"),
            ),
            models.CheckConstraint(
                name="closing_rules_names_are_bounded",
                condition=lookups.LessThanOrEqual(Length("never_closed"), NAMES_MAXIMUM),
            ),
        )

    #: The name of the holiday on the day that was asked for; None on other days.
    holiday: str | None = None

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    @classmethod
    def current(cls) -> ClosingRules:
        """Return the rules, stored or not."""
        return cls.objects.first() or cls(pk=cls.ONLY)

    @classmethod
    def stored(cls, day: date | None = None) -> ClosingRules | None:
        """Return the stored rules with the `holiday` on a day, in one query; None if none are stored."""
        found = Holiday.objects.on(day).order_by("pk") if day else Holiday.objects.none()
        name = models.Subquery(found.values("name")[:1])
        rules = cls.objects.annotate(name_of_holiday=name).first()
        if rules:
            rules.holiday = getattr(rules, "name_of_holiday", None)
        return rules

    @property
    def statuses(self) -> list[str]:
        """The statuses that a run closes, in the order in which it goes through them."""
        chosen = {"open": self.closes_open, "fulfilled": self.closes_fulfilled}
        return [status for status, is_chosen in chosen.items() if is_chosen]

    @property
    def names(self) -> list[str]:
        """The customers whose orders are never closed, each once."""
        stripped = (name.strip() for name in self.never_closed.splitlines())
        return list({name.casefold(): name for name in stripped if name}.values())

    @property
    def has_totals(self) -> bool:
        return self.least_total is not None or self.greatest_total is not None

    def allowing(self) -> models.Q:
        """Return which orders may be closed by total and customer, whatever their status and age."""
        allowed = models.Q()
        if self.has_totals:
            allowed &= models.Q(currency=self.currency)
        if self.least_total is not None:
            allowed &= models.Q(total__gte=self.least_total)
        if self.greatest_total is not None:
            allowed &= models.Q(total__lte=self.greatest_total)
        if names := self.names:
            allowed &= ~models.Q(IsNamed("customer", models.Value(names, output_field=NAMES)))
        return allowed


class HolidayQuerySet(models.QuerySet["Holiday"]):
    def on(self, day: date) -> Self:
        each_year = models.Q(every_year=True, day__month=day.month, day__day=day.day)
        return self.filter(models.Q(day=day) | each_year)


class Holiday(models.Model):
    """A day on the tenant's calendar, perhaps each year, whose slots close nothing."""

    rules = models.ForeignKey(
        ClosingRules, models.CASCADE, related_name="holidays", default=ClosingRules.ONLY
    )
    day = models.DateField(
        _("day"),
        unique=True,
        validators=[MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)],
    )
    every_year = models.BooleanField(_("each year"), default=False, db_default=False)
    name = models.CharField(_("name"), max_length=100, blank=True, default="", db_default="")

    objects = HolidayQuerySet.as_manager()

    class Meta:
        verbose_name = _("holiday")
        verbose_name_plural = _("holidays, on which nothing is closed")
        ordering = ("day",)
        constraints = (
            models.CheckConstraint(
                name="holiday_is_in_our_time",
                condition=models.Q(day__range=(FIRST_DAY, LAST_DAY)),
            ),
        )

    def __str__(self) -> str:
        return self.name or self.day.isoformat()
