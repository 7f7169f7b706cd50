"""The part of a schedule's page that says what it would do."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from scheduling import schedules
from scheduling.admin_links import LinkRows
from scheduling.asking import asked_at
from scheduling.catalogue import Entry, tenant_catalogue
from scheduling.effect import Preview, preview_of
from scheduling.hooks import Example
from scheduling.models import Schedule


class PreviewEffect(LinkRows):
    """Gives the form `effect_*`: what its fields would do before they are saved."""

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        schedule: Schedule | None = kwargs.get("obj")
        form = context["adminform"].form
        chosen = schedule.task if schedule else form["task"].value()
        entry = tenant_catalogue().get(str(chosen))
        if entry and (entry.preview or not schedule):
            context |= self.effect_context(request, entry, shown_values(form, entry, schedule))
        return super().render_change_form(request, context, *args, **kwargs)

    def effect_context(self, request: HttpRequest, entry: Entry, given: Any) -> dict[str, Any]:
        preview = preview_of(entry, given, asked_at(request))
        return {
            "effect_fields": " ".join(["task", *entry.form.base_fields]),
            "effect": preview,
            "effect_sample": self.linked_sample(request, preview),
        }

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
