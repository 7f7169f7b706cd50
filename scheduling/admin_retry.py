"""A failed run's page: the button by which it is tried again, and what came of that."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from scheduling.admin_asking import AskFirst
from scheduling.display import slot_text
from scheduling.models import Retry, Run
from scheduling.retrying import reading_of, retry, retry_behind, told_slot
from scheduling.zones import zone_of

TEMPLATE = "admin/scheduling/run/retry.html"


class RetryRuns(AskFirst):
    """For whoever may run a schedule by hand."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.retry_view)
        return [path("<int:pk>/retry/", view, name="scheduling_run_retry"), *super().get_urls()]

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("scheduling.change_schedule"))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if run := kwargs.get("obj"):
            context |= self.retry_context(request, run)
        return super().render_change_form(request, context, *args, **kwargs)

    def retry_context(self, request: HttpRequest, run: Run) -> dict[str, Any]:
        """What came of a failed run since, or what the run of a retry is of."""
        told: dict[str, Any] = {}
        if behind := retry_behind(run.periodic_task_id, run.slot_at, run.trigger):
            told = {"retry_behind": behind, "retried_run": first(Run, pk=behind.run_id)}
        if run.state != Run.State.FAILED:
            return told
        asked = first(Retry, pk=run.pk)
        if asked is None:
            return told | {"may_retry": self.has_retry_permission(request)}
        slot = {"periodic_task_id": asked.periodic_task_id, "slot_at": asked.slot_at}
        return told | {"retry": asked, "retry_run": first(Run, **slot)}

    def retry_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask once more, saying what would be done now; a POST does it."""
        if not (self.has_view_permission(request) and self.has_retry_permission(request)):
            raise PermissionDenied
        run: Run | None = self.get_object(request, str(pk))
        if run is None:
            raise Http404
        if request.method == "POST":
            self.try_again(request, run)
        elif self.retry_context(request, run).get("may_retry"):
            return self.ask_to_retry(request, run)
        else:
            text = _("This run cannot be tried again, or was already: see below.")
            self.message_user(request, text, messages.WARNING)
        return self.back_to(run)

    def ask_to_retry(self, request: HttpRequest, run: Run) -> HttpResponse:
        context: dict[str, Any] = {}
        try:
            reading = reading_of(run)
        except ValidationError as error:
            context["refusal"] = " ".join(error.messages)
        else:
            preview = reading.entry.preview
            slot = told_slot(run)
            context |= {
                "slot": slot_text(slot, zone_of(run)),
                "what": preview and preview.what,
                "effect": preview and preview.now(reading.parameters, slot),
            }
        return self.ask_first(request, TEMPLATE, _("Try a run again"), run, **context)

    def try_again(self, request: HttpRequest, run: Run) -> None:
        try:
            retry(run, by=str(request.user))
        except ValidationError as error:
            level = messages.INFO if error.code == "retried" else messages.ERROR
            self.message_user(request, " ".join(error.messages), level)
        else:
            text = _("The run is tried again: what comes of it is told here.")
            self.log_change(request, run, str(_("Try a run again")))
            self.message_user(request, text, messages.SUCCESS)


def first(model: Any, **lookup: Any) -> Any:
    return model.objects.filter(**lookup).first()
