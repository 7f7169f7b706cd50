"""The pages of a schedule's history, also of schedules that were deleted."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from scheduling.models import Schedule
from scheduling.schedule_history import ScheduleHistory, fields_of
from tenants.audit.history import History
from tenants.audit.history_pages import ShowHistory, deleted
from tenants.audit.past import State, Step, put_on

DELETED_MAXIMUM = 100


class ShowSchedulesHistory(ShowHistory):
    def history(self, request: HttpRequest) -> History:
        tenant = request.tenant  # type: ignore[attr-defined]
        return ScheduleHistory(tenant.timezone)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.deleted_view)
        return [path("deleted/", view, name="scheduling_schedule_deleted"), *super().get_urls()]

    def history_context(
        self, request: HttpRequest, now: State, steps: list[Step]
    ) -> dict[str, Any]:
        """Lead from a deleted schedule to the form of a new one that begins with its last state."""
        last = last_state(steps)
        history = self.history(request)
        if now or not last or not self.has_add_permission(request):
            return {}
        if history.hindrance(last, last):
            return {"anew_refused": history.hindrance(last, last)}
        url = reverse("admin:scheduling_schedule_add", current_app=self.admin_site.name)
        return {"anew_url": f"{url}?{urlencode(fields_of(last))}"}

    def deleted_view(self, request: HttpRequest) -> HttpResponse:
        """List the schedules that were deleted last, each with the way to its history."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        entries = deleted(Schedule._meta.label_lower, DELETED_MAXIMUM)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Deleted schedules"),
            "opts": self.opts,
            "entries": [(entry, self.history_address(entry.object_pk)) for entry in entries],
        }
        return TemplateResponse(request, "admin/scheduling/schedule/deleted.html", context)


def last_state(steps: list[Step]) -> State:
    """Return how a row was before it was deleted."""
    if not steps or not steps[0].entry or steps[0].entry.action != "delete":
        return {}
    return put_on(steps[0].state, {name: pair[0] for name, pair in steps[0].changes.items()})
