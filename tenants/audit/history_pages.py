"""Pages of a row's history: who changed what and when, and an older state restored.

They take the place of Django's own history, which knows neither values nor what was changed past
the admin. Who may see a row may see its history, without addresses; the audit log is the owner's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from tenants.audit.history import ENTRIES_MAXIMUM, History, Line, ModelHistory, digest
from tenants.audit.models import Entry
from tenants.audit.past import State, Step, differences

NUMBER_MAXIMUM = 19  # digits
HISTORY_TEMPLATE, RESTORE_TEMPLATE = "admin/history/history.html", "admin/history/restore.html"


@dataclass(frozen=True)
class Told:
    """A step as its row of the page says it; `note` tells why it cannot be restored."""

    step: Step
    lines: list[Line]
    note: str

    @property
    def who(self) -> str:
        entry = self.step.entry
        return (entry.actor or entry.via) if entry else ""


class ShowHistory(admin.ModelAdmin):  # type: ignore[type-arg]
    """Gives an admin these pages; `history()` says of what."""

    def history(self, request: HttpRequest) -> History:
        return ModelHistory(self, request)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.restore_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_restore"
        route = "<path:object_id>/history/<int:entry>/restore/"
        return [path(route, view, name=name), *super().get_urls()]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        pk, history = number_in(unquote(object_id)), self.history(request)
        now = history.now(pk)
        steps = history.steps(pk, now)
        if not now and not steps:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
        name = name_of(history, pk, steps)
        context = {
            "title": _("History of “%(name)s”") % {"name": name},
            "told": [told(history, now, step) for step in steps],
            "may_restore": self.has_change_permission(request),
            "is_cut": len(steps) >= ENTRIES_MAXIMUM,
            "sees_log": request.user.has_perm("audit.view_entry"),
            "is_gone": not now,
            **self.history_context(request, now, steps),
        }
        return self.history_page(request, HISTORY_TEMPLATE, pk, name, context)

    def history_context(
        self, request: HttpRequest, now: State, steps: list[Step]
    ) -> dict[str, Any]:
        """Return what else a kind's page shows."""
        return {}

    def restore_view(self, request: HttpRequest, object_id: str, entry: int) -> HttpResponse:
        """Ask once more, saying what would change; a POST does it."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        pk, history = number_in(unquote(object_id)), self.history(request)
        if request.method == "POST":
            history.lock(pk)
        now = history.now(pk)
        steps = history.steps(pk, now) if now else []
        step = next((one for one in steps if one.entry and one.entry.pk == entry), None)
        refusal = refusal_of(history, now, step)
        if refusal or step is None:
            self.message_user(request, refusal, messages.WARNING)
            return self.back_to_history(pk)
        if request.method == "POST" and request.POST.get("now") == digest(now):
            return self.restore(request, history, pk, step, steps)
        if request.method == "POST":
            text = _("Somebody changed this meanwhile: look again at what would become of it.")
            self.message_user(request, text, messages.WARNING)
        return self.ask(request, history, pk, step, steps)

    def restore(
        self, request: HttpRequest, history: History, pk: str, step: Step, steps: list[Step]
    ) -> HttpResponse:
        try:
            with transaction.atomic():
                history.restore(pk, step.state)
        except ValidationError as error:
            return self.ask(request, history, pk, step, steps, errors=told_errors(error))
        self.message_user(request, _("It is again as it was then."), messages.SUCCESS)
        return self.back_to_history(pk)

    def ask(
        self,
        request: HttpRequest,
        history: History,
        pk: str,
        step: Step,
        steps: list[Step],
        errors: list[str] | None = None,
    ) -> HttpResponse:
        now = history.now(pk)
        changing = restored(history, now, step.state)
        staying = differences(now, step.state).keys() - changing.keys()
        context = {
            "title": _("Restore an earlier state"),
            "lines": history.lines(changing),
            "staying": history.lines({name: (None, now.get(name)) for name in sorted(staying)}),
            "errors": errors or [],
            "now": digest(now),
            "step": step,
        }
        name = name_of(history, pk, steps)
        return self.history_page(request, RESTORE_TEMPLATE, pk, name, context)

    def history_page(
        self, request: HttpRequest, template: str, pk: str, name: str, context: dict[str, Any]
    ) -> HttpResponse:
        context |= {
            **self.admin_site.each_context(request),
            "title": context["title"],
            "opts": self.opts,
            "object_pk": pk,
            "object_name": name,
            "history_url": self.history_address(pk),
        }
        return TemplateResponse(request, template, context)

    def history_address(self, pk: str) -> str:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_history"
        return reverse(name, args=[pk], current_app=self.admin_site.name)

    def back_to_history(self, pk: str) -> HttpResponse:
        return HttpResponseRedirect(self.history_address(pk))


def told(history: History, now: State, step: Step) -> Told:
    return Told(step, history.lines(step.changes), refusal_of(history, now, step))


def refusal_of(history: History, now: State, step: Step | None) -> str:
    """Return why a step cannot be restored; nothing where it can be tried."""
    if not now:
        return _("It was deleted, so that nothing of it can be restored.")
    if step is None:
        return _("This entry of the history is not known any more.")
    if not step.state:
        return _("There is nothing to restore.")
    if not restored(history, now, step.state):
        return _("It is like this now.")
    return history.hindrance(now, step.state)


def name_of(history: History, pk: str, steps: list[Step]) -> str:
    """Return what a row is called, or was last if it is gone."""
    known = (step.entry.object_repr for step in steps if step.entry)
    return history.name(pk) or next(known, pk)


def restored(history: History, now: State, then: State) -> dict[str, tuple[Any, Any]]:
    """Return what restoring a state would change."""
    found = differences(now, then)
    return {name: pair for name, pair in found.items() if not history.stays(name)}


def number_in(text: str) -> str:
    """Return the number of a row that an address names; of what is none, one that no row has."""
    return text if text.isascii() and text.isdecimal() and len(text) < NUMBER_MAXIMUM else "0"


def told_errors(error: ValidationError) -> list[str]:
    found: Mapping[str, list[str]] = error.message_dict if hasattr(error, "error_dict") else {}
    return [text for texts in found.values() for text in texts] or error.messages


def with_history(
    admin_class: type[admin.ModelAdmin[Any]], beside: Mapping[str, bool] | None = None
) -> type[admin.ModelAdmin[Any]]:
    """Return an admin with these pages, for apps that know nothing of the audit log."""

    def history(self: Any, request: HttpRequest) -> History:
        return ModelHistory(self, request, beside)

    return type(admin_class.__name__, (ShowHistory, admin_class), {"history": history})


def deleted(model: str, limit: int) -> list[Entry]:
    """Return the newest entries about rows of a kind that were deleted."""
    entries = Entry.objects.filter(model=model, action=Entry.Action.DELETE)
    return list(entries.order_by("-pk")[:limit])
