"""A run's page while the run is going: how far it has come, asked again and again by a script."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from scheduling.models import Run
from scheduling.progress import Progress, progress_of
from scheduling.telling import badge

FRAGMENT_TEMPLATE = "admin/scheduling/run/progress.html"


class FollowRuns(admin.ModelAdmin):  # type: ignore[type-arg]
    """Gives a run's page what it shows of one that is going, and its script the same anew."""

    class Media:
        js = ("scheduling/progress.js",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.progress_view)
        return [
            path("<int:pk>/progress/", view, name="scheduling_run_progress"),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        run: Run | None = kwargs.get("obj")
        if run and run.is_running:
            context |= followed(run)
        return super().render_change_form(request, context, *args, **kwargs)

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Return the part of the page that says how far the run has come, and nothing around it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        run = Run.objects.filter(pk=pk).first()
        if run is None:
            raise Http404
        return TemplateResponse(request, FRAGMENT_TEMPLATE, followed(run))


def followed(run: Run) -> dict[str, Any]:
    progress = progress_of(run) if run.is_running else Progress(run.examined)
    return {
        "followed": run,
        "progress": progress,
        "badge": badge(run.state),
        "news": news(run, progress),
    }


def news(run: Run, progress: Progress) -> str:
    """Return what is read out to who cannot see the bar; it changes rarely."""
    if not run.is_running:
        return _("The run has ended: %(state)s.") % {"state": run.get_state_display()}
    if progress.told_percent is None:
        return _("The run is going on.")
    return _("The run is going on: %(percent)d %% is done.") % {"percent": progress.told_percent}
