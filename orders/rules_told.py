"""What a tenant's rules of closing amount to, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from orders.closing_rules import ClosingRules, Holiday


def told(rules: ClosingRules, today: date) -> list[str]:
    """Return what is closed and what is not, a sentence for each rule."""
    return [*of_orders(rules), *holidays(today)]


def of_orders(rules: ClosingRules) -> list[str]:
    """Return which orders are closed on a day that is no holiday."""
    return [which(rules), *totals(rules), *customers(rules)]


def which(rules: ClosingRules) -> str:
    if rules.closes_open and rules.closes_fulfilled:
        return _("A run closes old orders that are open or fulfilled.")
    if rules.closes_fulfilled:
        return _("A run closes old orders that are fulfilled, and none that are open.")
    return _("A run closes old orders that are open.")


def totals(rules: ClosingRules) -> Iterator[str]:
    given = {
        "least": amount(rules.least_total),
        "greatest": amount(rules.greatest_total),
        "currency": rules.currency,
    }
    if rules.least_total is not None and rules.greatest_total is not None:
        yield _("Only orders from %(least)s to %(greatest)s %(currency)s are closed.") % given
    elif rules.least_total is not None:
        yield _("Only orders of %(least)s %(currency)s or more are closed.") % given
    elif rules.greatest_total is not None:
        yield _("Only orders of %(greatest)s %(currency)s or less are closed.") % given
    if rules.has_totals:
        yield _("Orders in any other currency than %(currency)s are left alone.") % given


def amount(total: Decimal | None) -> str:
    return "" if total is None else number_format(total, 2, use_l10n=True, force_grouping=True)


def customers(rules: ClosingRules) -> Iterator[str]:
    if number := len(rules.names):
        text = ngettext(
            "Orders of %(number)s customer are never closed by a run.",
            "Orders of %(number)s customers are never closed by a run.",
            number,
        )
        yield text % {"number": number}


def holidays(today: date) -> Iterator[str]:
    """Say how many holidays are stored, and that today is one."""
    if number := Holiday.objects.count():
        text = ngettext(
            "On %(number)s holiday nothing is closed.",
            "On %(number)s holidays nothing is closed.",
            number,
        )
        yield text % {"number": number}
    if Holiday.objects.on(today).exists():
        yield _("Today, %(day)s, is one of them.") % {"day": date_format(today)}
