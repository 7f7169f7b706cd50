"""A tenant's holidays: which days they are, and what is said of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from orders.closing_rules import Holiday

#: What a run says. It is stored in English, and shown to each reader in theirs.
HOLIDAY_TEXT = gettext_noop("This day is one of your holidays, on which nothing is closed.")


class Calendar(NamedTuple):
    """All holidays, to ask about many days at once."""

    once: frozenset[date]
    yearly: frozenset[tuple[int, int]]

    @classmethod
    def stored(cls) -> Calendar:
        return cls.of(Holiday.objects.values_list("day", "every_year"))

    @classmethod
    def of(cls, days: Iterable[tuple[date, bool]]) -> Calendar:
        days = list(days)
        yearly = ((day.month, day.day) for day, every_year in days if every_year)
        return cls(frozenset(day for day, _each in days), frozenset(yearly))

    def __contains__(self, day: object) -> bool:
        is_once = day in self.once
        return is_once or (isinstance(day, date) and (day.month, day.day) in self.yearly)


def reason_for(day: date, name: str) -> str:
    """Return why nothing is closed on a holiday."""
    shown = {"day": date_format(day), "name": name}
    if name:
        return _("Nothing is closed on %(day)s: %(name)s.") % shown
    return _("Nothing is closed on %(day)s, a holiday.") % shown
