"""The buttons by which a tenant's people pause a schedule and have it go on, and the pages that ask."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scheduling.admin_asking import AskFirst
from scheduling.agenda.clock import database_now
from scheduling.display import slot_text
from scheduling.models import Pause, Schedule
from scheduling.overview import next_if_enabled, overview_of
from scheduling.pauses import REASON_MAXIMUM
from scheduling.pausing import pause, resume
from scheduling.stopping import going_runs
from tenants.names import known_timezones

PAUSED = _("“%s” is paused. Slots that pass meanwhile never fire.")
PAUSED_ALREADY = _("“%s” is paused already: nothing was changed.")
RESUMED = _("“%s” goes on with its next slot.")
NOT_PAUSED = _("“%s” is not paused: there is nothing to resume.")
#: How browsers want an instant for a field of this type.
LOCAL = "%Y-%m-%dT%H:%M"


class PauseForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=REASON_MAXIMUM,
        help_text=_("Shown to everybody who sees the schedule. May be empty."),
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
    until = forms.DateTimeField(
        label=_("Paused until"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=LOCAL),
    )

    def __init__(self, zone: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        text = _("On the clocks of %(zone)s. The first slot at or after it fires. Empty: no end.")
        self.fields["until"].help_text = text % {"zone": zone}


class PauseSchedules(AskFirst):
    def get_urls(self) -> list[URLPattern]:
        pause_view = self.admin_site.admin_view(self.pause_view)
        resume_view = self.admin_site.admin_view(self.resume_view)
        return [
            path("<int:pk>/pause/", pause_view, name="scheduling_schedule_pause"),
            path("<int:pk>/resume/", resume_view, name="scheduling_schedule_resume"),
            *super().get_urls(),
        ]

    def pause_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask why and until when; a POST pauses, or says so anew."""
        schedule = self.schedule_to_change(request, pk)
        if schedule is None:
            return self.go_on_without(request)
        zone = zone_of(request, schedule)
        known = Pause.objects.filter(pk=pk).first()
        with timezone.override(ZoneInfo(zone)):
            given = request.POST if request.method == "POST" else None
            form = PauseForm(zone, given, initial=stored(known))
            if form.is_valid() and self.do_pause(schedule, form):
                self.say(request, schedule, PAUSED)
                return self.back_to(schedule)
            page = self.ask_first(
                request,
                "admin/scheduling/schedule/pause.html",
                _("Pause a schedule"),
                schedule,
                form=form,
                going=going_runs(schedule.pk),
            )
            return page.render()  # type: ignore[attr-defined]  # on those clocks

    def do_pause(self, schedule: Schedule, form: PauseForm) -> bool:
        given = form.cleaned_data
        try:
            pause(schedule.pk, reason=given["reason"], until=given["until"])
        except ValidationError as error:
            form.add_error(None, error)
        return form.is_valid()

    def resume_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say with which slot it goes on; a POST resumes."""
        schedule = self.schedule_to_change(request, pk)
        if schedule is None:
            return self.go_on_without(request)
        if schedule.enabled:
            self.message_user(request, NOT_PAUSED % schedule, messages.INFO)
            return self.back_to(schedule)
        if request.method == "POST":
            resume(schedule.pk)
            self.say(request, schedule, RESUMED)
            return self.back_to(schedule)
        template = "admin/scheduling/schedule/resume.html"
        following = next_if_enabled(request.tenant, pk, database_now())  # type: ignore[attr-defined]
        shown = slot_text(following, zone_of(request, schedule))
        return self.ask_first(request, template, _("Resume a schedule"), schedule, next_slot=shown)

    def schedule_to_change(self, request: HttpRequest, pk: int) -> Schedule | None:
        if not self.has_change_permission(request):
            raise PermissionDenied
        schedule: Schedule | None = self.get_object(request, str(pk))
        return schedule

    @admin.action(description=_("Pause selected schedules"), permissions=["change"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        for schedule in queryset:
            if schedule.enabled:
                pause(schedule.pk)
                self.say(request, schedule, PAUSED)
            else:  # its reason and its end stay as they are
                self.message_user(request, PAUSED_ALREADY % schedule, messages.INFO)

    @admin.action(description=_("Resume selected schedules"), permissions=["change"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        for schedule in queryset:
            resume(schedule.pk)
            self.say(request, schedule, RESUMED)

    def say(self, request: HttpRequest, schedule: Schedule, text: Any) -> None:
        """Say what was done, and keep it in the schedule's history."""
        self.log_change(request, schedule, str(text % schedule))
        self.message_user(request, text % schedule, messages.SUCCESS)


def stored(known: Pause | None) -> dict[str, Any]:
    return {"reason": known.reason, "until": known.until_at} if known else {}


def zone_of(request: HttpRequest, schedule: Schedule) -> str:
    """Return the zone on whose clocks a schedule's times are shown: one that does not exist may stand there."""
    zone = overview_of(schedule).get("timezone")
    return zone if zone and zone in known_timezones() else str(request.tenant.timezone)  # type: ignore[attr-defined]
