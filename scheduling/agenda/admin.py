"""The platform's pages about what beat does: due slots, firings, and how many each tenant has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from admin_parts.long_lists import LongList
from scheduling.agenda.clock import database_now
from scheduling.agenda.limit_fields import FleetForm
from scheduling.agenda.limits import BOUNDS, decide
from scheduling.agenda.models import Alarm, DueSlot, Firing
from scheduling.agenda.stopping import request_stop
from tenants.admin import TenantAdmin
from tenants.models import Tenant
from tenants.read_only import ReadOnlyAdmin

STOPPING = _("“%s” ends before its next step, or as soon as a worker comes to it.")
#: As `Run.Trigger` calls them, which is a tenant's.
TRIGGERS: dict[str, Any] = {
    "schedule": _("schedule"),
    "catch_up": _("catch-up"),
    "retry": _("retry"),
    "manual": _("by hand"),
}
NOT_GOING = _("“%s” has ended, or is being stopped already.")


class TenantFilter(admin.SimpleListFilter):
    """Asks for a slug: a list of all tenants to choose from would be longer than the page."""

    title = _("tenant")
    parameter_name = "tenant"
    template = "admin/agenda/tenant_filter.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return []

    def has_output(self) -> bool:
        return True

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:  # type: ignore[override]
        """Return what the address already says, so that filtering by tenant keeps it."""
        for name, values in changelist.get_filters_params().items():
            if name != self.parameter_name:
                yield from ({"name": name, "value": value} for value in values)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        slug = self.value()
        return queryset.filter(tenant__slug=slug.strip()) if slug else queryset


class QuarantineFilter(admin.SimpleListFilter):
    title = _("quarantine")
    parameter_name = "quarantined"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("in quarantine")), ("no", _("well"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "yes":
            return queryset.exclude(problem="")
        return queryset.filter(problem="") if self.value() == "no" else queryset


class SettledFilter(admin.SimpleListFilter):
    """Shows firings under way, or settled ones: for both at once no index has them in order.

    One over all would be written anew four times for each firing, at midnight all at one place.
    """

    title = _("state")
    parameter_name = "settled"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("under way")), ("yes", _("settled"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Return the two, without "all"; who chooses nothing sees what is under way."""
        _all, *choices = super().choices(changelist)
        choices[0]["selected"] = self.value() != "yes"
        yield from choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if request.method == "POST":
            # What was ticked under way, and is settled by now, is answered for.
            return queryset
        if self.value() == "yes":
            return queryset.filter(state=Firing.State.SETTLED)
        return queryset.filter(state__in=Firing.IN_FLIGHT)


class FleetList(LongList, ReadOnlyAdmin):
    """A list of rows of all tenants."""

    list_select_related = ["tenant"]

    @admin.display(description=_("tenant"))
    def whose(self, row: Any) -> str:
        """The tenant of a row: the column itself is called nothing that is translated."""
        return str(row.tenant)


class DueSlotAdmin(FleetList):
    list_display = ["due_at", "whose", "name", "task", "one_off", "problem"]
    list_filter = [TenantFilter, QuarantineFilter]
    search_fields = ["tenant__slug", "task"]
    ordering = ["due_at", "pk"]
    sortable_by = ["due_at"]


class FiringAdmin(FleetList):
    """The ledger. Its rows are nobody's to write, but a run may be stopped."""

    actions = ["stop"]
    list_display = [
        "slot_at",
        "whose",
        "task",
        "state",
        "how",
        "outcome",
        "planned_at",
        "error",
    ]
    list_filter = [TenantFilter, SettledFilter]
    search_fields = ["tenant__slug", "task"]
    ordering = ["-slot_at"]
    sortable_by = ["slot_at"]

    @admin.display(description=_("trigger"))
    def how(self, firing: Firing) -> str:
        return TRIGGERS.get(firing.trigger, firing.trigger)

    def has_stop_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("agenda.change_firing"))

    @admin.action(description=_("Stop selected firings"), permissions=["stop"])
    def stop(self, request: HttpRequest, queryset: QuerySet[Firing]) -> None:
        for firing in queryset:
            if request_stop(firing, database_now()):
                self.log_change(request, firing, str(STOPPING % firing))
                self.message_user(request, STOPPING % firing, messages.SUCCESS)
            else:
                self.message_user(request, NOT_GOING % firing, messages.INFO)


class TroubleFilter(admin.SimpleListFilter):
    title = _("schema")
    parameter_name = "broken"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("broken")), ("no", _("well"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        broken = ~Q(index__problem="") | ~Q(index__trouble="")
        if self.value() == "yes":
            return queryset.filter(broken, index__isnull=False)
        return queryset.exclude(broken, index__isnull=False) if self.value() == "no" else queryset


class FleetAdmin(TenantAdmin):
    """The tenants, each with the number of its enabled schedules, its limits, and what is wrong.

    Problems are schedules in quarantine, and a schema that beat cannot read or that hinders runs;
    missed are schedules with an open alarm.
    """

    form = FleetForm
    list_display = [*TenantAdmin.list_display, "schedules", "problems", "missed", "trouble"]
    list_filter = [*TenantAdmin.list_filter, TroubleFilter]
    list_select_related = ["index", *TenantAdmin.list_select_related]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tenant]:
        slots = DueSlot.objects.all()
        return (
            super()
            .get_queryset(request)
            .annotate(
                schedules=per_tenant(slots),
                problems=per_tenant(slots.quarantined()),
                missed=per_tenant(Alarm.objects.open()),
            )
        )

    def get_fields(self, request: HttpRequest, obj: Tenant | None = None) -> list[str]:  # type: ignore[override]
        fields = super().get_fields(request, obj)
        is_written = obj is not None and self.has_change_permission(request, obj)
        return [*fields, *BOUNDS] if is_written else fields

    def save_model(self, request: HttpRequest, obj: Tenant, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change:
            decide(obj, **form.limits())

    @admin.display(description=_("schedules"))
    def schedules(self, tenant: Any) -> int:
        return int(tenant.schedules)

    @admin.display(description=_("problems"))
    def problems(self, tenant: Any) -> int:
        return int(tenant.problems) + len(reasons_of(tenant))

    @admin.display(description=_("missed"))
    def missed(self, tenant: Any) -> int:
        return int(tenant.missed)

    @admin.display(description=_("trouble"))
    def trouble(self, tenant: Tenant) -> str:
        """Return the reasons in full, as Postgres gave them."""
        return "\n".join(reasons_of(tenant))

    def get_readonly_fields(self, request: HttpRequest, obj: Tenant | None = None) -> list[str]:
        fields = super().get_readonly_fields(request, obj)
        return [*fields, "trouble"] if obj else fields


def reasons_of(tenant: Tenant) -> list[str]:
    index = getattr(tenant, "index", None)
    return index.reasons if index else []


def per_tenant(rows: QuerySet[Any]) -> Coalesce:
    """Count a tenant's rows in a subquery, which Postgres answers for the rows of a page alone."""
    own = rows.filter(tenant=OuterRef("pk")).order_by().values("tenant")
    return Coalesce(Subquery(own.annotate(number=Count("pk")).values("number")), 0)
