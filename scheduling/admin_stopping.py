"""The button and the action by which a tenant's people stop runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from scheduling.admin_asking import AskFirst
from scheduling.models import Run
from scheduling.stopping import stop_runs

STOPPED = _("“%s” is stopped. What it has done stays.")
ENDED = _("“%s” is not going: there is nothing to stop.")
BUSY = _("“%s” is in the middle of a step and was not stopped: try again in a moment.")


class StopRuns(AskFirst):
    """For whoever may run a schedule by hand."""

    actions = ["stop"]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.stop_view)
        return [path("<int:pk>/stop/", view, name="scheduling_run_stop"), *super().get_urls()]

    def has_stop_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("scheduling.change_schedule"))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        run: Run | None = kwargs.get("obj")
        context["may_stop"] = run and run.is_running and self.has_stop_permission(request)
        return super().render_change_form(request, context, *args, **kwargs)

    def stop_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask once more; a POST stops the run."""
        if not (self.has_view_permission(request) and self.has_stop_permission(request)):
            raise PermissionDenied
        run = self.get_object(request, str(pk))
        if run is None:
            return self.go_on_without(request)
        if request.method == "POST":
            self.stop_all(request, [run])
        elif run.is_running:
            return self.ask_first(request, "admin/scheduling/run/stop.html", _("Stop a run"), run)
        else:
            self.tell(request, [run], ENDED, messages.INFO)
        return self.back_to(run)

    @admin.action(description=_("Stop selected runs"), permissions=["stop"])
    def stop(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        self.stop_all(request, queryset)

    def stop_all(self, request: HttpRequest, runs: Iterable[Run]) -> None:
        done = stop_runs(runs, by=str(request.user))
        for run in done.stopped:
            self.log_change(request, run, str(STOPPED % run))
        self.tell(request, done.stopped, STOPPED, messages.SUCCESS)
        self.tell(request, done.ended, ENDED, messages.INFO)
        self.tell(request, done.busy, BUSY, messages.WARNING)

    def tell(self, request: HttpRequest, runs: list[Run], text: Any, level: int) -> None:
        for run in runs:
            self.message_user(request, text % run, level)
