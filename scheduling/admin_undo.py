"""A run's page: what the run did, and the button by which its owner has that undone."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from scheduling.admin_asking import AskFirst
from scheduling.agenda.clock import database_now
from scheduling.asking import number_in
from scheduling.hooks import Trace
from scheduling.models import Run, Undo
from scheduling.undoing import Undone, offered_by, undo, undo_until

PAGE = 50  # traces
#: What an undo passes over is shown at once, up to so many, as it is what somebody has to look at.
CHANGED_MAXIMUM = 200
#: The parameter of the address that says after which trace a page begins.
AFTER = "after"


class UndoRuns(AskFirst):
    change_form_template = "admin/scheduling/run/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        # Each step is a transaction of its own, so that no order is locked for long.
        view = transaction.non_atomic_requests(self.admin_site.admin_view(self.undo_view))
        return [path("<int:pk>/undo/", view, name="scheduling_run_undo"), *super().get_urls()]

    def has_undo_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("scheduling.add_undo"))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        run: Run | None = kwargs.get("obj")
        if run:
            context |= self.traces_context(request, run) | self.undo_context(request, run)
        return super().render_change_form(request, context, *args, **kwargs)

    def traces_context(self, request: HttpRequest, run: Run) -> dict[str, Any]:
        """What a page shows of what the run did, from the trace on that the address names."""
        hook = offered_by(run)
        if hook is None:
            return {}
        found = hook.traces(run.pk, number_in(request.GET.get(AFTER, "")) or 0, PAGE + 1)
        shown = found[:PAGE]
        return {
            "headings": hook.headings,
            "traces": [(trace, self.link_to(request, trace)) for trace in shown],
            "next_after": shown[-1].key if len(found) > PAGE else None,
            "is_first": AFTER not in request.GET,
        }

    def undo_context(self, request: HttpRequest, run: Run) -> dict[str, Any]:
        """Whether the run was undone, or can be and up to when."""
        hook = offered_by(run)
        if hook is None:
            return {}
        until = undo_until(run)
        begun = Undo.objects.filter(pk=run.pk).first()
        is_open = bool(until and until > database_now()) if begun is None else not begun.finished_at
        return {
            "hook": hook,
            "undo": begun,
            "undo_until": until,
            "may_undo": is_open and self.has_undo_permission(request),
        }

    def link_to(self, request: HttpRequest, trace: Trace) -> str | None:
        """Return the address of a trace's row for whoever may see it."""
        opts = trace.instance and trace.instance._meta
        if not opts or not request.user.has_perm(f"{opts.app_label}.view_{opts.model_name}"):
            return None
        name = f"admin:{opts.app_label}_{opts.model_name}_change"
        try:
            return reverse(name, args=[trace.key], current_app=self.admin_site.name)
        except NoReverseMatch:
            return None

    def undo_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask once more, saying what will be passed over; a POST does it."""
        if not (self.has_view_permission(request) and self.has_undo_permission(request)):
            raise PermissionDenied
        run: Run | None = self.get_object(request, str(pk))
        if run is None:
            raise Http404
        if request.method == "POST":
            self.undo(request, run)
            return self.back_to(run)
        if not self.undo_context(request, run).get("may_undo"):
            self.refuse(request, run)
            return self.back_to(run)
        return self.ask(request, run)

    def ask(self, request: HttpRequest, run: Run) -> HttpResponse:
        context = self.undo_context(request, run)
        passed = context["hook"].traces(run.pk, 0, CHANGED_MAXIMUM, only_changed=True)
        context |= {
            "headings": context["hook"].headings,
            "traces": [(trace, self.link_to(request, trace)) for trace in passed],
        }
        template = "admin/scheduling/run/undo.html"
        return self.ask_first(request, template, _("Undo a run"), run, **context)

    def undo(self, request: HttpRequest, run: Run) -> None:
        try:
            undone = undo(run, by=str(request.user), now=database_now())
        except ValidationError as error:
            level = messages.INFO if error.code == "undone" else messages.ERROR
            self.message_user(request, " ".join(error.messages), level)
        else:
            level = messages.SUCCESS if undone.is_finished else messages.WARNING
            self.log_change(request, run, ": ".join([str(_("Undo a run")), told(undone)]))
            self.message_user(request, told(undone), level)

    def refuse(self, request: HttpRequest, run: Run) -> None:
        text = _("This run cannot be undone, or not any more: see below.")
        self.message_user(request, text, messages.WARNING)


def told(undone: Undone) -> str:
    """Say how far an undo has come."""
    done = undone.undo.done
    text = ngettext("%(done)s reopened.", "%(done)s reopened.", done) % {"done": done}
    if undone.is_finished:
        return text
    if undone.busy:
        more = ngettext(
            "%(busy)s more is being changed by somebody just now: try again in a moment.",
            "%(busy)s more are being changed by somebody just now: try again in a moment.",
            undone.busy,
        ) % {"busy": undone.busy}
    else:
        more = str(_("There are more: go on, or the rest follows in the night."))
    return f"{text} {more}"
