"""The action by which a tenant's people stop runs."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from scheduling.models import Run
from scheduling.stopping import stop_runs

STOPPED = _("“%s” is stopped. What it has done stays.")
ENDED = _("“%s” is not going: there is nothing to stop.")
BUSY = _("“%s” is in the middle of a step and was not stopped: try again in a moment.")


class StopRuns(admin.ModelAdmin):  # type: ignore[type-arg]
    """For whoever may run a schedule by hand."""

    actions = ["stop"]

    def has_stop_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("scheduling.change_schedule"))

    @admin.action(description=_("Stop selected runs"), permissions=["stop"])
    def stop(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        done = stop_runs(queryset, by=str(request.user))
        for run in done.stopped:
            self.log_change(request, run, str(STOPPED % run))
        self.tell(request, done.stopped, STOPPED, messages.SUCCESS)
        self.tell(request, done.ended, ENDED, messages.INFO)
        self.tell(request, done.busy, BUSY, messages.WARNING)

    def tell(self, request: HttpRequest, runs: list[Run], text: Any, level: int) -> None:
        for run in runs:
            self.message_user(request, text % run, level)
