"""The button by which a tenant's people have a schedule run at once, and the page that asks first."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from scheduling.admin_asking import AskFirst
from scheduling.admin_effect import PreviewEffect
from scheduling.agenda.clock import database_now
from scheduling.by_hand import run_now
from scheduling.catalogue import tenant_catalogue
from scheduling.effect import preview_now
from scheduling.models import Schedule
from scheduling.schedules import parameters_of

RUNS = _("“%s” runs now, beside its cadence: see its runs.")


class RunNow(PreviewEffect, AskFirst):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.run_now_view)
        own = path("<int:pk>/run-now/", view, name="scheduling_schedule_run_now")
        return [own, *super().get_urls()]

    def run_now_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say what a run would do; a POST has it run."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        schedule = self.get_object(request, str(pk))
        if schedule is None:
            return self.go_on_without(request)
        if request.method == "POST":
            self.run_by_hand(request, schedule)
            return self.back_to(schedule)
        template = "admin/scheduling/schedule/run_now.html"
        context = self.run_now_context(request, schedule)
        return self.ask_first(request, template, _("Run a schedule now"), schedule, **context)

    def run_now_context(self, request: HttpRequest, schedule: Schedule) -> dict[str, Any]:
        entry = tenant_catalogue().get(schedule.task)
        given, now = parameters_of(schedule), database_now()
        preview = preview_now(entry, given, now) if entry else None
        return {"effect": preview, "effect_sample": self.linked_sample(request, preview)}

    @admin.action(description=_("Run selected schedules now"), permissions=["change"])
    def run_now(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        for schedule in queryset:
            self.run_by_hand(request, schedule)

    def run_by_hand(self, request: HttpRequest, schedule: Schedule) -> None:
        """Have a schedule run, and say so or why not."""
        try:
            run_now(schedule.pk, by=str(request.user))
        except ValidationError as error:
            level = messages.WARNING if error.code == "under_way" else messages.ERROR
            self.message_user(request, f"{schedule}: {' '.join(error.messages)}", level)
        else:
            self.log_change(request, schedule, str(RUNS % schedule))
            self.message_user(request, RUNS % schedule, messages.SUCCESS)
