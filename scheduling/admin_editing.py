"""What somebody is told who saves a schedule: when it runs next, and what others did meanwhile."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from scheduling.agenda.clock import database_now
from scheduling.asking import number_in
from scheduling.choices import OF_ONE_FORM
from scheduling.display import next_text
from scheduling.editing import last_change
from scheduling.foresight import today_text
from scheduling.models import Schedule
from scheduling.overview import tenant_schedules
from tenants.audit.models import Entry


class EditTogether(admin.ModelAdmin):  # type: ignore[type-arg]
    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if request.method == "POST" and self.is_gone(request, unquote(object_id)):
            return self.offer_anew(request, unquote(object_id))
        return super().change_view(request, object_id, *args, **kwargs)

    def is_gone(self, request: HttpRequest, number: str) -> bool:
        # Not through `get_object` of the page, which looks up all that the page shows.
        may_change = self.has_change_permission(request)
        return may_change and admin.ModelAdmin.get_object(self, request, number) is None

    def offer_anew(self, request: HttpRequest, number: str) -> HttpResponse:
        """Lead to a form for a new schedule that begins with what was entered for a deleted one."""
        known = number_in(number)
        entry = None if known is None else last_change(known, Entry.Action.DELETE)
        name = request.POST.get("name") or number
        self.message_user(request, deleted_text(name, entry), messages.WARNING)
        where = "add" if self.has_add_permission(request) else "changelist"
        url = reverse(f"admin:scheduling_schedule_{where}", current_app=self.admin_site.name)
        if where == "changelist":
            return HttpResponseRedirect(url)
        return HttpResponseRedirect(f"{url}?{urlencode(entered(request), doseq=True)}")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["conflict"] = getattr(context["adminform"].form, "conflict", None)
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Schedule, form: Any, change: bool) -> None:
        """The form has stored it: say what comes of that."""
        self.message_user(request, saved_text(request, obj, form), messages.INFO)


def entered(request: HttpRequest) -> dict[str, list[Any]]:
    """Return what a form was sent with, but for what is of that form alone."""
    return {
        name: values
        for name, values in request.POST.lists()
        if name not in OF_ONE_FORM and not name.startswith("_")
    }


def deleted_text(name: str, entry: Entry | None) -> str:
    if entry is None or not entry.actor:
        text = _(
            "“%(name)s” was deleted meanwhile. Saving makes a new schedule of what you entered."
        )
        return text % {"name": name}
    text = _(
        "“%(name)s” was deleted meanwhile by %(who)s. Saving makes a new schedule of what you entered."
    )
    return text % {"name": name, "who": entry.actor}


def saved_text(request: HttpRequest, schedule: Schedule, form: Any) -> str:
    """Return when a schedule that was just saved runs next, and what of this day is over."""
    now = database_now()
    tenant = request.tenant  # type: ignore[attr-defined]
    (row,) = tenant_schedules(tenant, now, pk=schedule.pk)
    if not row["enabled"]:
        return _("It is paused: it does not run until somebody resumes it.")
    if form.chosen_cadence and (today := today_text(form.chosen_cadence, now)):
        return _("The change takes effect at once. %(today)s") % {"today": today}
    return _("The change takes effect at once. Next run: %(next)s.") % {"next": next_text(row)}
