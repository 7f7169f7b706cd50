"""The actions by which a tenant's people close and reopen orders, and let runs close them again."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, ngettext_lazy

from orders.by_hand import Done, close, release, reopen
from orders.models import Order

#: Each order is a line of the audit log; more at once would outlast a page.
MAXIMUM = 1000
CLOSED = ngettext_lazy("%(count)s order is closed.", "%(count)s orders are closed.", "count")
REOPENED = ngettext_lazy(
    "%(count)s order is reopened and kept open: runs pass over it.",
    "%(count)s orders are reopened and kept open: runs pass over them.",
    "count",
)
RELEASED = ngettext_lazy(
    "Runs may close %(count)s order again.", "Runs may close %(count)s orders again.", "count"
)


class KeepOrdersOpen(admin.ModelAdmin):  # type: ignore[type-arg]
    actions = ("close", "reopen", "release")

    @admin.action(description=_("Close selected orders"), permissions=["change"])
    def close(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        self.do(request, queryset, close, CLOSED)

    @admin.action(
        description=_("Reopen selected orders and keep them open"), permissions=["change"]
    )
    def reopen(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        self.do(request, queryset, reopen, REOPENED)

    @admin.action(description=_("Let runs close selected orders again"), permissions=["change"])
    def release(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        self.do(request, queryset, release, RELEASED)

    def do(
        self, request: HttpRequest, queryset: Any, verb: Callable[[Any], Done], text: Any
    ) -> None:
        if queryset[: MAXIMUM + 1].count() > MAXIMUM:
            refusal = _(
                "These are more than %(maximum)s orders: choose fewer, and nothing is done."
            )
            self.message_user(request, refusal % {"maximum": MAXIMUM}, messages.ERROR)
            return
        done = verb(Order.objects.filter(pk__in=list(queryset.values_list("pk", flat=True))))
        if done.changed:
            self.message_user(request, text % {"count": done.changed}, messages.SUCCESS)
        for text_of, count in ((others, done.others), (busy, done.busy)):
            if count:
                self.message_user(request, text_of(count), messages.WARNING)


def others(count: int) -> str:
    text = ngettext(
        "There was nothing to do for %(count)s order.",
        "There was nothing to do for %(count)s orders.",
        count,
    )
    return text % {"count": count}


def busy(count: int) -> str:
    text = ngettext(
        "%(count)s order is being changed by somebody else and was left: try again in a moment.",
        "%(count)s orders are being changed by somebody else and were left: try again in a moment.",
        count,
    )
    return text % {"count": count}
