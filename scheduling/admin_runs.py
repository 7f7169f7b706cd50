"""A tenant's pages about its runs."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from admin_parts.long_lists import LongList
from scheduling.admin_brake import ApproveRuns
from scheduling.admin_progress import FollowRuns
from scheduling.admin_retry import RetryRuns
from scheduling.admin_stopping import StopRuns
from scheduling.admin_undo import UndoRuns
from scheduling.by_hand import asked_by
from scheduling.display import slot_text
from scheduling.durations import duration_text
from scheduling.models import Run, RunRetention
from scheduling.run_filters import ScheduleFilter
from scheduling.telling import SIGNS, badge, is_technical, reason, story, told_parameters, took
from scheduling.zones import with_zones, zone_of
from tenants.read_only import ReadOnlyAdmin


class RunAdmin(ApproveRuns, FollowRuns, RetryRuns, UndoRuns, StopRuns, LongList, ReadOnlyAdmin):
    change_list_template = "admin/scheduling/run/change_list.html"
    list_display = [
        "slot",
        "name",
        "outcome",
        "trigger",
        "started_at",
        "duration",
        "closed_of_examined",
        "reason",
    ]
    list_filter = ["state", "slot_at", "trigger", ScheduleFilter]
    search_fields = ["name"]
    sortable_by = ["slot"]
    list_per_page = 25
    #: On a run's page, beneath what happened in words.
    fields = [
        "name",
        "slot",
        "outcome",
        "trigger",
        "asked_by",
        "started_at",
        "finished_at",
        "duration",
        "examined",
        "closed",
        "told_parameters",
    ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Say at the top how long runs are kept."""
        told = {"retention": RunRetention.current()}
        return super().changelist_view(request, told | (extra_context or {}))

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        changelist.result_list = with_zones(list(changelist.result_list))
        return changelist

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Run | None:
        run = super().get_object(request, *args, **kwargs)
        return with_zones([run])[0] if run else None

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if run := kwargs.get("obj"):
            context |= {
                "story": story(run),
                "sign": SIGNS.get(run.state, ""),
                "reason": reason(run.error),
                "technical": run.error if is_technical(run.error) else "",
                "title": f"{run.name}: {self.slot(run)}",
                "subtitle": None,
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Run | None = None) -> Any:
        """Leave out who asked for a run where nobody did."""
        fields = super().get_fields(request, obj)
        is_by_hand = obj is not None and obj.trigger == Run.Trigger.MANUAL
        return [name for name in fields if is_by_hand or name != "asked_by"]

    # Columns ---------------------------------------------------------------------------------
    @admin.display(description=_("slot"), ordering="slot_at")
    def slot(self, run: Run) -> str:
        """The slot on its schedule's clocks; of slots in a row also the last, and how many there are."""
        zone = zone_of(run)
        first = str(slot_text(run.slot_at, zone))
        if run.last_slot_at is None or run.slots <= 1:
            return first
        text = ngettext(
            "%(first)s to %(last)s: %(number)d slot",
            "%(first)s to %(last)s: %(number)d slots",
            run.slots,
        )
        last = slot_text(run.last_slot_at, zone)
        return text % {"first": first, "last": last, "number": run.slots}

    @admin.display(description=_("outcome"))
    def outcome(self, run: Run) -> SafeString:
        return badge(run.state)

    @admin.display(description=_("asked for by"))
    def asked_by(self, run: Run) -> str:
        return asked_by(run) or str(self.get_empty_value_display())

    @admin.display(description=_("duration"))
    def duration(self, run: Run) -> str:
        return duration_text(took(run)) or str(self.get_empty_value_display())

    @admin.display(description=_("closed / looked at"))
    def closed_of_examined(self, run: Run) -> str | None:
        if not run.started_at:
            return None
        given = {"closed": run.closed, "examined": run.examined}
        return _("%(closed)d / %(examined)d") % given

    @admin.display(description=_("reason"))
    def reason(self, run: Run) -> str | None:
        return reason(run.error) or None

    @admin.display(description=_("parameters"))
    def told_parameters(self, run: Run) -> str:
        told = [f"{label}: {value}" for label, value in told_parameters(run) if value is not None]
        return ", ".join(told) or str(self.get_empty_value_display())
