"""What a schedule's page says and offers at once: whether it is paused, its buttons."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from scheduling.admin_pausing import PauseSchedules
from scheduling.admin_run_now import RunNow
from scheduling.display import pause_text
from scheduling.models import Schedule
from scheduling.overview import overview_of
from scheduling.stopping import going_runs


class ControlSchedules(RunNow, PauseSchedules):
    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        schedule: Schedule | None = kwargs.get("obj")
        if schedule:
            context["paused"] = pause_text(overview_of(schedule))
            if self.has_change_permission(request):
                # Where there never was a run, none is asked for.
                is_new = not overview_of(schedule).get("last_state")
                going = [] if is_new else going_runs(schedule.pk)
                context |= {"may_control": True, "going": going}
        return super().render_change_form(request, context, *args, **kwargs)
