"""A tenant's pages about its schedules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm, modelform_factory
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from scheduling import schedules
from scheduling.admin_brake import TellOfHeldRuns
from scheduling.admin_control import ControlSchedules
from scheduling.admin_editing import EditTogether
from scheduling.admin_history import ShowSchedulesHistory
from scheduling.admin_missed import ShowMissedRuns, give_alarms
from scheduling.admin_preview import PreviewCadence
from scheduling.admin_zone import FollowZone
from scheduling.asking import asked_at
from scheduling.brake_fields import brake_fieldset
from scheduling.catalogue import Entry, tenant_catalogue
from scheduling.choices import CADENCE_FIELDS
from scheduling.display import next_text
from scheduling.forms import NewScheduleForm, ScheduleForm, form_for
from scheduling.models import Run, Schedule
from scheduling.overview import overview_of, tenant_schedules
from scheduling.periodic import Row, periodic_rows
from scheduling.policy_fields import HELP
from scheduling.sentences import sentence_for
from wording.showing import shown


class ScheduleAdmin(
    TellOfHeldRuns,
    ControlSchedules,
    FollowZone,
    EditTogether,
    PreviewCadence,
    ShowMissedRuns,
    ShowSchedulesHistory,
):
    """Writes schedules through `scheduling.schedules`; shows what beat will make of them."""

    list_display = [
        "name",
        "task_label",
        "cadence",
        "enabled",
        "next_slot",
        "last_state",
        "problem",
        "missed",
        "runs",
    ]
    search_fields = ["name"]
    ordering = ["name"]
    sortable_by = ["name", "enabled"]
    actions = ["pause", "resume", "run_now"]
    #: What beat makes of the schedule, shown on its page; `task_label` stands further up.
    shown = ["cadence", "zone", "next_slot", "last_state", "problem", "missed", "runs"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Schedule]:
        """Leave out instants that Postgres holds and Python may not, such as infinity."""
        return super().get_queryset(request).defer("start_time", "expires")

    save_as = False

    # Reading ---------------------------------------------------------------------------------
    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        changelist.result_list = with_overview(request, list(changelist.result_list))
        return changelist

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Schedule | None:
        schedule: Any = super().get_object(request, *args, **kwargs)
        rows = periodic_rows(pk=schedule.pk) if schedule else []
        if not rows:
            return None
        # The form asks for the same row.
        schedule.row = rows[0]
        return with_overview(request, [schedule], rows)[0]

    @admin.display(description=_("task"), ordering="task")
    def task_label(self, schedule: Schedule) -> str:
        entry = tenant_catalogue().get(schedule.task)
        return entry.title if entry else schedule.task

    @admin.display(description=_("schedule"))
    def cadence(self, schedule: Schedule) -> str | None:
        """Return it in words where there are some, and as it is written."""
        row = overview_of(schedule)
        written, zone = row.get("schedule"), row.get("timezone")
        if row.get("kind") != "crontab" or not written or not zone:
            return written
        sentence = sentence_for(written, zone)
        if sentence is None:
            return written
        return format_html('{}<br><code dir="ltr">{}</code>', sentence, written)

    @admin.display(description=_("time zone"))
    def zone(self, schedule: Schedule) -> str:
        return overview_of(schedule).get("timezone") or self.get_empty_value_display()

    @admin.display(description=_("next slot"))
    def next_slot(self, schedule: Schedule) -> str:
        return next_text(overview_of(schedule)) or self.get_empty_value_display()

    @admin.display(description=_("last run"))
    def last_state(self, schedule: Schedule) -> str:
        state = overview_of(schedule).get("last_state")
        return str(Run.State(state).label) if state else self.get_empty_value_display()

    @admin.display(description=_("problem"))
    def problem(self, schedule: Schedule) -> str:
        problem = shown(overview_of(schedule).get("problem"))
        return problem or self.get_empty_value_display()

    @admin.display(description=_("runs"))
    def runs(self, schedule: Schedule) -> str:
        url = reverse("admin:scheduling_run_changelist", current_app=self.admin_site.name)
        return format_html(
            '<a href="{}?periodic_task_id={}">{}</a>', url, schedule.pk, _("show runs")
        )

    # Writing ---------------------------------------------------------------------------------
    def has_change_permission(self, request: HttpRequest, obj: Schedule | None = None) -> bool:
        """A schedule of a task that is not offered can be seen, paused and deleted, but not written."""
        is_writable = obj is None or obj.task in tenant_catalogue()
        return is_writable and super().has_change_permission(request, obj)

    def get_form(
        self, request: HttpRequest, obj: Schedule | None = None, change: bool = False, **kwargs: Any
    ) -> type[ModelForm[Schedule]]:
        tenant = request.tenant  # type: ignore[attr-defined]
        if obj is None:
            return form_for(chosen_entry(request), tenant, NewScheduleForm, request.GET)
        if not self.has_change_permission(request, obj):
            return modelform_factory(Schedule, fields=())
        return form_for(tenant_catalogue()[obj.task], tenant, ScheduleForm, request.GET)

    def get_fields(self, request: HttpRequest, obj: Schedule | None = None) -> Sequence[str]:  # type: ignore[override]
        """Return the fields beside the cadence and the policies, which have parts of their own."""
        if obj is None:
            parameters = list(chosen_entry(request).form.base_fields)
            return ["name", "task", *parameters, "enabled"]
        if not self.has_change_permission(request, obj):
            return ["name", "task_label", "kwargs", "enabled", *self.shown]
        parameters = list(tenant_catalogue()[obj.task].form.base_fields)
        return ["name", "task_label", *parameters, "enabled"]

    def get_fieldsets(self, request: HttpRequest, obj: Schedule | None = None) -> Any:
        usual = super().get_fieldsets(request, obj)
        if not self.has_change_permission(request, obj):
            return usual
        cadence = {"fields": CADENCE_FIELDS, "classes": ["cadence"]}
        policies = {
            "fields": list(HELP),
            "classes": ["collapse"],
            "description": _(
                "Nothing here has to be touched: the usual is right for most schedules."
            ),
        }
        now = [(_("As it is stored"), {"fields": self.shown})] if obj else []
        entry = tenant_catalogue()[obj.task] if obj else chosen_entry(request)
        return [
            *usual,
            (_("When it runs"), cadence),
            *brake_fieldset(entry),
            (_("When something comes in between"), policies),
            *now,
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Schedule | None = None) -> list[str]:
        return ["task_label", *self.shown] if obj else []

    def delete_model(self, request: HttpRequest, obj: Schedule) -> None:
        schedules.delete([obj.pk])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        schedules.delete(queryset.values_list("pk", flat=True))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        schedule = kwargs.get("obj")
        if schedule and overview_of(schedule).get("kind") not in {"crontab", None}:
            context["replaces"] = overview_of(schedule).get("schedule")
        return super().render_change_form(request, context, *args, **kwargs)


def with_overview(
    request: HttpRequest, found: list[Schedule], known: Sequence[Row] | None = None
) -> list[Schedule]:
    """Give each schedule its line of the overview, with the same few queries for any number."""
    tenant = request.tenant  # type: ignore[attr-defined]
    numbers = [schedule.pk for schedule in found]
    rows = tenant_schedules(tenant, asked_at(request), known, pk__in=numbers)
    by_name = {row["name"]: row for row in rows}
    for schedule in found:
        schedule.overview = by_name.get(schedule.name)
    give_alarms(tenant, found)
    return found


def chosen_entry(request: HttpRequest) -> Entry:
    """Return the task that was chosen for a new schedule, or the one everybody begins with."""
    chosen = request.POST.get("task") or request.GET.get("task") or ""
    return tenant_catalogue().get(chosen) or schedules.entry_called(None)
