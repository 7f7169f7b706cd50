"""The two admin sites, never one: which model is shown on which."""

from functools import partial
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db.models import Model, UUIDField
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _

from orders.admin import DailyReportAdmin, OrderAdmin
from orders.admin_files import OrderFileAdmin
from orders.admin_rules import ClosingRulesAdmin
from orders.models import ClosingRules, DailyReport, Order, OrderFile
from saas.home import home_context
from scheduling.admin import ScheduleAdmin
from scheduling.admin_retention import RunRetentionAdmin
from scheduling.admin_runs import RunAdmin
from scheduling.agenda.admin import DueSlotAdmin, FiringAdmin, FleetAdmin
from scheduling.agenda.alarms.admin import AlarmAdmin
from scheduling.agenda.clock import database_now
from scheduling.agenda.models import Alarm, DueSlot, Firing
from scheduling.models import Run, RunRetention, Schedule
from tenants.accounts.admin import LoginEventAdmin, StaffAdmin, TenantUserAdmin
from tenants.accounts.models import LoginEvent, User
from tenants.accounts.sites import GuardedSite
from tenants.admin import DomainAdmin
from tenants.audit.admin import EntryAdmin
from tenants.audit.history_pages import with_history
from tenants.audit.models import Entry
from tenants.branding import showing
from tenants.branding.admin import BrandingAdmin
from tenants.branding.models import Branding
from tenants.models import Domain, Tenant

LAST_YEAR = 9999


class SchemaBoundSite(GuardedSite):
    """An admin site whose users are those of one kind of schema, wherever its URLs are mounted."""

    is_platform: bool
    site_url = None

    def has_permission(self, request: HttpRequest) -> bool:
        here = request.tenant.is_platform == self.is_platform  # type: ignore[attr-defined]
        return here and super().has_permission(request)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Answer 400 to what no page of ours can send, and Django's lists would answer with a 500."""

        def careful(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if is_malformed(request, getattr(getattr(view, "__self__", None), "model", None)):
                return HttpResponseBadRequest("Bad request.\n", content_type="text/plain")
            response: HttpResponse = view(request, *args, **kwargs)
            return response

        return super().admin_view(careful, cacheable)


def is_malformed(request: HttpRequest, model: type[Model] | None) -> bool:
    """Whether a value holds a NUL, which Postgres cannot store, or there cannot be such a row or year."""
    values = [value for data in (request.GET, request.POST) for _, v in data.lists() for value in v]
    ticked = request.POST.getlist(ACTION_CHECKBOX_NAME)
    can_be = partial(can_be_row, model)
    has_nul = any("\0" in str(value) for value in values)
    asked = ((name, value) for name, values in request.GET.lists() for value in values)
    years = (value for name, value in asked if is_of_a_year(name))
    return has_nul or not all(map(can_be, ticked)) or not all(map(can_be_year, years))


def is_of_a_year(name: str) -> bool:
    """Whether a list is narrowed by this to a year, as by `slot_at__year__gte`."""
    return not {"year", "iso_year"}.isdisjoint(name.split("__")[1:])


def can_be_year(text: str) -> bool:
    """Whether Django can count from the year, or years, to the next; what is none it refuses itself."""
    try:
        return all(0 < int(year) < LAST_YEAR for year in text.split(","))
    except ValueError:
        return True


def can_be_row(model: type[Model] | None, ticked: str) -> bool:
    """Whether a row of a list can have this key: most have numbers, a firing has a UUID."""
    if model is None or not isinstance(model._meta.pk, UUIDField):
        return ticked.isdecimal()
    try:
        return bool(model._meta.pk.to_python(ticked))
    except ValidationError:
        return False


class PlatformSite(SchemaBoundSite):
    is_platform = True
    site_header = site_title = _("Tenantbeat platform")
    index_title = _("Tenants and their beat")


class TenantSite(SchemaBoundSite):
    is_platform = False
    index_template = "admin/home.html"
    site_header = site_title = _("Orders and schedules")
    index_title = _("Your orders and schedules")

    def index(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        """Say first whether all is well."""
        told = home_context(request, database_now())
        return super().index(request, told | (extra_context or {}))

    def get_urls(self) -> list[Any]:
        """Give out what the log-in page shows too: it is nobody's secret."""
        return [
            path("branding.css", showing.stylesheet, name="branding_stylesheet"),
            path("branding/logo/", showing.logo, name="branding_logo"),
            *super().get_urls(),
        ]


platform_site = PlatformSite(name="platform")
platform_site.register(Tenant, FleetAdmin)
platform_site.register(Domain, DomainAdmin)
platform_site.register(DueSlot, DueSlotAdmin)
platform_site.register(Firing, FiringAdmin)
platform_site.register(Alarm, AlarmAdmin)
platform_site.register(User, StaffAdmin)
platform_site.register(Entry, EntryAdmin)
platform_site.register(LoginEvent, LoginEventAdmin)

tenant_site = TenantSite(name="tenant")
tenant_site.register(Order, OrderAdmin)
tenant_site.register(OrderFile, OrderFileAdmin)
tenant_site.register(ClosingRules, with_history(ClosingRulesAdmin, {"orders.holiday": False}))
tenant_site.register(DailyReport, DailyReportAdmin)
tenant_site.register(Schedule, ScheduleAdmin)
tenant_site.register(Run, RunAdmin)
tenant_site.register(RunRetention, with_history(RunRetentionAdmin))
tenant_site.register(User, TenantUserAdmin)
tenant_site.register(Branding, with_history(BrandingAdmin))
tenant_site.register(Entry, EntryAdmin)
tenant_site.register(LoginEvent, LoginEventAdmin)
