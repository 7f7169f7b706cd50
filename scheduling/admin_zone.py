"""The page on which a tenant's owner changes its time zone, and is asked which schedules follow."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from scheduling.agenda.clock import database_now
from scheduling.asking import number_in
from scheduling.display import slot_text
from scheduling.tenant_zone import Follower, Question, answer, change_zone, question
from tenants.zone_field import TimeZoneField


class ZoneForm(forms.Form):
    timezone = TimeZoneField(
        label=_("Business time zone"),
        help_text=_(
            "New schedules begin with it. Those that there are stay until you say otherwise."
        ),
    )


class FollowZone(admin.ModelAdmin):  # type: ignore[type-arg]
    """For an admin of schedules: whoever may change them answers, the owner changes the zone."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.zone_view)
        return [path("zone/", view, name="scheduling_schedule_zone"), *super().get_urls()]

    def has_zone_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("scheduling.add_zonechange"))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Say at the top that something is asked, until somebody has answered."""
        asked = self.asked(request) if self.has_change_permission(request) else None
        told = {"zone_question": asked, "may_change_zone": self.has_zone_permission(request)}
        return super().changelist_view(request, told | (extra_context or {}))

    def asked(self, request: HttpRequest) -> Question | None:
        return question(request.tenant, database_now())  # type: ignore[attr-defined]

    def zone_view(self, request: HttpRequest) -> HttpResponse:
        """Show the zone, and what is asked about it; a POST changes the one or answers the other."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        if "answer" in request.POST:
            return self.answered(request)
        return self.changed(request)

    def changed(self, request: HttpRequest) -> HttpResponse:
        tenant: Any = request.tenant  # type: ignore[attr-defined]
        given = request.POST if request.method == "POST" else None
        form = ZoneForm(given, initial={"timezone": tenant.timezone})
        if given is not None:
            if not self.has_zone_permission(request):
                raise PermissionDenied
            if form.is_valid() and self.do_change(tenant, form):
                text = _("The business time zone is %(zone)s now.") % {"zone": tenant.timezone}
                self.message_user(request, text, messages.SUCCESS)
                return self.back(is_asked=self.asked(request) is not None)
        return self.page(request, form)

    def do_change(self, tenant: Any, form: ZoneForm) -> bool:
        try:
            change_zone(tenant, form.cleaned_data["timezone"])
        except ValidationError as error:
            form.add_error("timezone", error)
        return form.is_valid()

    def answered(self, request: HttpRequest) -> HttpResponse:
        tenant: Any = request.tenant  # type: ignore[attr-defined]
        ticked = {number for key in request.POST.getlist("follows") if (number := number_in(key))}
        try:
            followed = answer(tenant, ticked, request.POST["answer"])
        except ValidationError as error:
            level = messages.INFO if error.code == "answered" else messages.WARNING
            self.message_user(request, " ".join(error.messages), level)
            return self.back(is_asked=error.code != "answered")
        self.message_user(request, told(len(followed), tenant.timezone), messages.SUCCESS)
        return self.back(is_asked=False)

    def page(self, request: HttpRequest, form: ZoneForm) -> HttpResponse:
        asked = self.asked(request)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Business time zone"),
            "opts": self.opts,
            "zone": request.tenant.timezone,  # type: ignore[attr-defined]
            "form": form if self.has_zone_permission(request) else None,
            "question": asked,
            "followers": [shown(one, asked.new) for one in asked.followers] if asked else [],
        }
        return TemplateResponse(request, "admin/scheduling/schedule/zone.html", context)

    def back(self, *, is_asked: bool) -> HttpResponseRedirect:
        name = "admin:scheduling_schedule_" + ("zone" if is_asked else "changelist")
        return HttpResponseRedirect(reverse(name, current_app=self.admin_site.name))


def shown(follower: Follower, new: str) -> dict[str, Any]:
    return {
        "schedule": follower,
        "stays": slot_text(follower.next_if_it_stays, follower.old),
        "follows": slot_text(follower.next_if_it_follows, new),
    }


def told(number: int, zone: str) -> str:
    if not number:
        return str(_("All schedules stay as they are."))
    text = ngettext(
        "%(number)s schedule follows and fires on the clocks of %(zone)s now.",
        "%(number)s schedules follow and fire on the clocks of %(zone)s now.",
        number,
    )
    return text % {"number": number, "zone": zone}
