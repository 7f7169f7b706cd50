"""A day of a tenant's orders, counted and summed."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class DailyReport(models.Model):
    """One day of a tenant's orders, as its admin can download it.

    The numbers are of all orders, the two totals of those in `currency`, the tenant's own: amounts
    in different currencies are never added. `by_currency` holds numbers and totals of each.
    """

    day = models.DateField(_("day"), unique=True)
    currency = models.CharField(_("currency"), max_length=3)
    placed = models.PositiveIntegerField(_("placed"))
    placed_total = models.DecimalField(_("total placed"), max_digits=16, decimal_places=2)
    closed = models.PositiveIntegerField(_("closed"))
    closed_total = models.DecimalField(_("total closed"), max_digits=16, decimal_places=2)
    open = models.PositiveIntegerField(_("open at the end"))
    #: {"EUR": {"placed": 2, "placed_total": "12.50", "closed": 1, "closed_total": "3.00"}}
    by_currency = models.JSONField(_("by currency"), default=dict)
    made_at = models.DateTimeField(_("made at"))

    class Meta:
        verbose_name = _("daily report")
        verbose_name_plural = _("daily reports")
        ordering = ("-day",)

    def __str__(self) -> str:
        return self.day.isoformat()
