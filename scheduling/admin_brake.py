"""A held run's page of approval, and what lists say of runs that wait for it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from scheduling.admin_links import LinkRows
from scheduling.approving import COUNTED_MAXIMUM, approve, dismiss, entry_of, refuse_unless_held
from scheduling.asking import number_in
from scheduling.catalogue import Entry, ParametersError
from scheduling.display import slot_text
from scheduling.hooks import Brake
from scheduling.models import Hold, Run, Schedule
from scheduling.schedules import parameters_of
from scheduling.telling import told_parameters
from scheduling.zones import with_zones, zone_of

#: Held runs that a list names.
NAMED = 5

APPROVED = _("The run is approved and goes on within seconds.")
DISMISSED = _("The run is dismissed: it closes nothing.")
CHOOSE = _("Choose whether the run is approved or dismissed.")


class TellOfHeldRuns(admin.ModelAdmin):  # type: ignore[type-arg]
    """Gives a list `held_runs`, which its template tells of."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        told = {"held_runs": held_runs(request)}
        return super().changelist_view(request, told | (extra_context or {}))


def held_runs(request: HttpRequest) -> list[Run]:
    """Return the first of the runs that wait for approval, for whoever may see runs."""
    may_see = request.user.has_perm("scheduling.view_run")
    held = list(Run.objects.held().order_by("slot_at")[:NAMED]) if may_see else []
    for run in with_zones(held):
        run.slot_text = slot_text(run.slot_at, zone_of(run))  # type: ignore[attr-defined]
    return held


class ApproveRuns(TellOfHeldRuns, LinkRows):
    """For whoever may run a schedule by hand."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.approval_view)
        return [
            path("<int:pk>/approval/", view, name="scheduling_run_approval"),
            *super().get_urls(),
        ]

    def has_approve_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("scheduling.change_schedule"))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        run: Run | None = kwargs.get("obj")
        hold = run and Hold.objects.filter(pk=run.pk).first()
        if run and hold:
            context |= {"hold": hold, "may_approve": self.has_approve_permission(request)}
            context |= {
                "held_until": slot_text(hold.expires_at, zone_of(run)),
                "held_to": slot_text(hold.ended_at, zone_of(run)),
            }
            context |= {"reason": ""} if run.is_held else {}
        return super().render_change_form(request, context, *args, **kwargs)

    def approval_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what a held run would close as things are now, with two buttons; a POST decides."""
        if not (self.has_view_permission(request) and self.has_approve_permission(request)):
            raise PermissionDenied
        run: Run | None = self.get_object(request, str(pk))
        if run is None:
            raise Http404
        try:
            if request.method == "POST":
                self.decide(request, run)
                return self.back_to(run)
            refuse_unless_held(run.pk)
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.WARNING)
            return self.back_to(run, "approval" if error.code == "more" else "change")
        return self.ask_approval(request, run)

    def decide(self, request: HttpRequest, run: Run) -> None:
        """Do what the pressed button says. Raises ValidationError."""
        by, decision = str(request.user), request.POST.get("decision")
        if decision == "approve":
            approve(run.pk, by, number_in(request.POST.get("seen", "")) or 0)
        elif decision == "dismiss":
            dismiss(run.pk, by)
        else:
            raise ValidationError(CHOOSE, code="more")
        text = APPROVED if decision == "approve" else DISMISSED
        self.log_change(request, run, str(text))
        self.message_user(request, text, messages.SUCCESS)

    def ask_approval(self, request: HttpRequest, run: Run) -> HttpResponse:
        entry, hold, zone = entry_of(run), Hold.objects.get(pk=run.pk), zone_of(run)
        context = {
            **self.admin_site.each_context(request),
            "title": _("A run that awaits approval"),
            "opts": self.opts,
            "run": run,
            "hold": hold,
            "slot": slot_text(run.slot_at, zone),
            "end": slot_text(hold.expires_at, zone),
        }
        if entry and entry.brake:
            context |= self.approval_figures(request, entry, entry.brake, run)
            context |= {
                "is_changed": differs(run, entry),
                "parameters": told_parameters(run),
            }
        return TemplateResponse(request, "admin/scheduling/run/approval.html", context)

    def approval_figures(
        self, request: HttpRequest, entry: Entry, brake: Brake, run: Run
    ) -> dict[str, Any]:
        """What the run would do as things are now, by its slot and the parameters it was held with."""
        parameters, preview = entry.parameters(run.parameters), entry.preview
        number = brake.count(parameters, run.slot_at, COUNTED_MAXIMUM + 1)
        figures = {"number": number, "most": COUNTED_MAXIMUM if number > COUNTED_MAXIMUM else None}
        if preview is None:
            return figures
        effect = preview.now(parameters, run.slot_at)
        sample = [(one, self.link_of(request, one.instance)) for one in effect.sample]
        return figures | {"effect": effect, "sample": sample, "headings": preview.headings}


def differs(run: Run, entry: Entry) -> bool:
    """Whether the schedule has other parameters by now than a run that keeps to its own."""
    schedule = Schedule.objects.get(pk=run.periodic_task_id)
    try:
        return entry.parameters(parameters_of(schedule)) != run.parameters
    except ParametersError:
        return True
