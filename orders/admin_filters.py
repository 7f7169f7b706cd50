"""By what a tenant's list of orders can be narrowed, each so that Postgres finds it by an index."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.closing_rules import TOTAL_MAXIMUM, ClosingRules
from orders.tasks import DAYS_DEFAULT
from orders.tenant import current_tenant

#: What is as good as the status alone, said so that the index for it is seen to serve.
SERVED = {
    "open": Q(kept_open=False) | Q(kept_open=True),
    "fulfilled": Q(kept_open=False) | Q(kept_open=True),
    "closed": Q(closed_at__isnull=False),
}


class StatusFilter(admin.ChoicesFieldListFilter):
    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        served = SERVED.get(str(self.lookup_val and self.lookup_val[-1]), Q())
        found: Any = super().queryset(request, queryset)
        return found.filter(served)


class ClosableFilter(admin.SimpleListFilter):
    """Whether a run with the age that is proposed to everybody would close it now."""

    title = _("old enough to close")
    parameter_name = "closable"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        days = {"days": DAYS_DEFAULT}
        return [
            ("yes", _("older than %(days)s days, by your rules") % days),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() != "yes":
            return queryset
        limit = timezone.now() - timedelta(days=DAYS_DEFAULT)
        rules = ClosingRules.current()
        found = Q()
        for status in rules.statuses:
            found |= Q(status=status, kept_open=False, placed_at__lt=limit)
        return queryset.filter(found, rules.allowing())


class ClosedByFilter(admin.SimpleListFilter):
    title = _("closed by")
    parameter_name = "closed_by"
    answers: dict[str, Callable[[Any], Any]] = {
        "run": lambda orders: orders.filter(closed_by_run__isnull=False),
        "hand": lambda orders: orders.filter(closed_by_run=None, closed_at__isnull=False),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("run", _("a run")), ("hand", _("a person or an import"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return self.answers.get(self.value() or "", lambda orders: orders)(queryset)


class TotalFilter(admin.ListFilter):
    """From one total to another, in one currency: amounts in different ones are never compared."""

    title = _("total")
    template = "admin/orders/order/total_filter.html"
    names = ("total_from", "total_to", "total_in")

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        given = {name: params.pop(name, [""])[-1].strip() for name in self.names}
        self.used_parameters = {name: value for name, value in given.items() if value}
        self.currency = given["total_in"] or current_tenant().currency

    def expected_parameters(self) -> list[str | None]:
        return list(self.names)

    def has_output(self) -> bool:
        return True

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        yield {
            "others": [
                (name, value)
                for name, value in changelist.params.items()
                if name not in (*self.names, PAGE_VAR)
            ],
            "least": self.used_parameters.get("total_from", ""),
            "greatest": self.used_parameters.get("total_to", ""),
            "currency": self.currency,
            "is_used": bool(self.bounds()),
            "all": changelist.get_query_string(remove=list(self.names)),
        }

    def bounds(self) -> dict[str, Decimal]:
        lookups = {"total__gte": "total_from", "total__lte": "total_to"}
        return {
            lookup: amount(str(self.used_parameters[name]))
            for lookup, name in lookups.items()
            if name in self.used_parameters
        }

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        bounds = self.bounds()
        return queryset.filter(currency=self.currency, **bounds) if bounds else queryset


def amount(text: str) -> Decimal:
    """Return an amount as it is typed in; raises what the list answers with its first page."""
    try:
        found = Decimal(text.replace(",", "."))
    except InvalidOperation:
        raise IncorrectLookupParameters from None
    if not found.is_finite() or abs(found) > TOTAL_MAXIMUM:
        raise IncorrectLookupParameters
    return found
