"""The links above a list by which it is narrowed to a year, a month and a day, at a million rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from django import template
from django.contrib.admin.templatetags.admin_list import date_hierarchy
from django.contrib.admin.views.main import ChangeList
from django.db.models import Max, Min, Subquery
from django.utils import timezone

register = template.Library()

#: Something in every such period, so that adding it to its begin leads into the next one.
LONGER_THAN = {"year": timedelta(days=370), "month": timedelta(days=32), "day": timedelta(days=1)}
BEGIN = {"year": {"month": 1, "day": 1}, "month": {"day": 1}, "day": dict[str, int]()}


@register.inclusion_tag("admin/date_hierarchy.html")
def dates_of(changelist: ChangeList) -> dict[str, Any]:
    """Return what Django's own tag does, but for what is asked of the database.

    That would read all orders of a list. Here the index is asked, once for each link, whether there
    is any order in its period, whatever else the list is narrowed to.
    """
    asked: Any = SimpleNamespace(
        date_hierarchy=changelist.date_hierarchy,
        model=changelist.model,
        params=changelist.params,
        get_query_string=changelist.get_query_string,
        queryset=Periods(changelist),
    )
    return date_hierarchy(asked) or {}


class Periods:
    """Answers what the tag asks of a queryset."""

    def __init__(self, changelist: ChangeList) -> None:
        self.name = str(changelist.date_hierarchy)
        self.rows = changelist.root_queryset.order_by()
        self.params = changelist.params

    def aggregate(self, **_asked: object) -> dict[str, Any]:
        """Return the first and the last instant there is."""
        return self.rows.aggregate(first=Min(self.name), last=Max(self.name))

    def datetimes(self, _name: str, kind: str) -> list[datetime]:
        """Return the begins of those periods in which there is any row."""
        bounds = self.bounds()
        begins = list(periods(*bounds, kind)) if bounds else []
        asked = [Subquery(self.newest(begin, next_begin(begin, kind))) for begin in begins]
        names = {f"period_{number}": one for number, one in enumerate(asked)}
        answers = self.rows.annotate(**names).values_list(*names).first() or ()
        return [begin for begin, key in zip(begins, answers, strict=False) if key is not None]

    def newest(self, begin: datetime, end: datetime) -> Any:
        """Return the key of the newest row of a period, if any.

        To ask whether there is any, whichever, has Postgres read the table until it comes upon one.
        """
        within = self.rows.filter(**{f"{self.name}__gte": begin, f"{self.name}__lt": end})
        return within.order_by(f"-{self.name}", "-pk").values("pk")[:1]

    def bounds(self) -> tuple[datetime, datetime] | None:
        """Return what is to be divided: the chosen month or year, or else all there is, if anything."""
        year, month = (self.chosen(part) for part in ("year", "month"))
        if year is None:
            found = self.aggregate()
            if found["first"] is None:
                return None
            return timezone.localtime(found["first"]), timezone.localtime(found["last"])
        begin = timezone.make_aware(datetime(year, month or 1, 1))  # noqa: DTZ001  # made so here
        end = next_begin(begin, "month" if month else "year")
        return begin, end - timedelta(microseconds=1)

    def chosen(self, part: str) -> int | None:
        given = self.params.get(f"{self.name}__{part}")
        # Of several the last counts, as in the list itself.
        last = given[-1] if isinstance(given, list) else given
        return int(last) if last else None


def periods(first: datetime, last: datetime, kind: str) -> Iterator[datetime]:
    begin = midnight_of(first, kind)
    while begin <= last:
        yield begin
        begin = next_begin(begin, kind)


def next_begin(begin: datetime, kind: str) -> datetime:
    return midnight_of(begin.replace(tzinfo=None) + LONGER_THAN[kind], kind)


def midnight_of(moment: datetime, kind: str) -> datetime:
    """Return the midnight at which a period begins, in the zone of the page."""
    wall = moment.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None, **BEGIN[kind])
    return timezone.make_aware(wall)
