"""The part of a schedule's page that says what it would do: with the page, and anew on demand."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from scheduling import schedules
from scheduling.admin_links import LinkRows
from scheduling.asking import asked_at
from scheduling.catalogue import Entry, tenant_catalogue
from scheduling.effect import Preview, preview_of
from scheduling.hooks import Example
from scheduling.models import Schedule

#: Set by our script, which wants the fragment and no page around it.
FRAGMENT = "X-Fragment"
FRAGMENT_TEMPLATE = "admin/scheduling/schedule/effect_figures.html"
PAGE_TEMPLATE = "admin/scheduling/schedule/effect_page.html"


class PreviewEffect(LinkRows):
    """Gives the form `effect_*`, and answers what its fields would do before they are saved."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.effect_view)
        return [path("effect/", view, name="scheduling_schedule_effect"), *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        schedule: Schedule | None = kwargs.get("obj")
        form = context["adminform"].form
        chosen = schedule.task if schedule else form["task"].value()
        entry = tenant_catalogue().get(str(chosen))
        if entry and (entry.preview or not schedule):
            context |= self.effect_context(request, entry, shown_values(form, entry, schedule))
            context["effect_asks"] = bool(form.fields)
        return super().render_change_form(request, context, *args, **kwargs)

    def effect_context(self, request: HttpRequest, entry: Entry, given: Any) -> dict[str, Any]:
        preview = preview_of(entry, given, asked_at(request))
        url = reverse("admin:scheduling_schedule_effect", current_app=self.admin_site.name)
        return {
            "effect_url": f"{url}?task={entry.name}",
            "effect_fields": " ".join(["task", *entry.form.base_fields]),
            "effect": preview,
            "effect_sample": self.linked_sample(request, preview),
        }

    def effect_view(self, request: HttpRequest) -> HttpResponse:
        """Say what the values of a form would do. Nothing is stored; a POST, as forms are sent so."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        chosen = request.POST.get("task") or request.GET.get("task") or ""
        entry = tenant_catalogue().get(chosen)
        context = self.effect_context(request, entry, request.POST.dict()) if entry else {}
        if FRAGMENT in request.headers:
            return TemplateResponse(request, FRAGMENT_TEMPLATE, context)
        context |= self.admin_site.each_context(request)
        context |= {"title": _("What this schedule would do"), "opts": self.opts}
        return TemplateResponse(request, PAGE_TEMPLATE, context)

    def linked_sample(
        self, request: HttpRequest, preview: Preview | None
    ) -> list[tuple[Example, str | None]]:
        """Give each example the address of its page, for whoever may see it."""
        return [
            (example, self.link_of(request, example.instance))
            for example in (preview.sample if preview else ())
        ]


def shown_values(form: Any, entry: Entry, schedule: Schedule | None) -> dict[str, Any]:
    """Return the parameters as the page shows them: what was typed in, or else what is stored."""
    names = [name for name in entry.form.base_fields if name in form.fields]
    if schedule and not names:
        return schedules.parameters_of(schedule)
    return {name: form[name].value() for name in names}
