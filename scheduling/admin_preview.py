"""The part of a schedule's page that says when it will run: with the page, and anew on demand.

One question of the page's script is answered for both previews, when and what, for a tenant is
answered few questions at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, QueryDict
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from scheduling.admin_effect import PreviewEffect
from scheduling.asking import asked_at, number_in
from scheduling.cadence_form import CadenceForm
from scheduling.catalogue import tenant_catalogue
from scheduling.choices import CADENCE_FIELDS, OF_ONE_FORM
from scheduling.crowding import Offer, crowding_of
from scheduling.foresight import Foresight, foresee
from scheduling.models import Schedule
from scheduling.overview import row_of
from scheduling.periodic import crontab_text
from scheduling.policies import Policies
from scheduling.policy_fields import HELP, policy_fields
from scheduling.policy_sentences import sentences_of
from scheduling.spread import Spread
from tenants.schema import current_tenant

PARTS_TEMPLATE = "admin/scheduling/schedule/preview_parts.html"
PAGE_TEMPLATE = "admin/scheduling/schedule/preview_page.html"
#: Set by our script, which wants no page around the answer, to those parts of it that it wants.
FRAGMENT = "X-Fragment"
PARTS = ("cadence", "effect")
#: The fields of the form on which it depends when a schedule runs.
SHOWN_FIELDS = (*CADENCE_FIELDS, "enabled", *HELP)


class PreviewCadence(PreviewEffect):
    """Gives the form `foresight`, and answers what its fields say before they are saved."""

    class Media:
        js = ("scheduling/editor.js",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.preview_view)
        return [path("preview/", view, name="scheduling_schedule_preview"), *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        schedule: Schedule | None = kwargs.get("obj")
        form = context["adminform"].form
        values = values_of_page(form, schedule)
        context |= self.cadence_context(request, values, schedule.pk if schedule else None)
        context["preview_url"] = self.preview_url(schedule)
        # Who may not write is offered nothing to fill in.
        context["preview_asks"] = bool(form.fields)
        return super().render_change_form(request, context, *args, **kwargs)

    def preview_url(self, schedule: Schedule | None) -> str:
        url = reverse("admin:scheduling_schedule_preview", current_app=self.admin_site.name)
        known = {"schedule": schedule.pk, "task": schedule.task} if schedule else {}
        return f"{url}?{urlencode(known)}" if known else url

    def cadence_context(
        self, request: HttpRequest, given: Mapping[str, Any], schedule_id: int | None
    ) -> dict[str, Any]:
        foresight = foresight_of(given, schedule_id, asked_at(request)) if given else None
        crowding = foresight and foresight.crowding
        offers = [crowding.quieter, crowding.tolerance] if crowding else [None, None]
        quieter, tolerance = (self.link_to(offer, given, schedule_id) for offer in offers)
        return {
            "cadence_fields": " ".join(SHOWN_FIELDS),
            "foresight": foresight,
            "is_idle": not given.get("enabled"),
            "preview_asks": True,
            "quieter_url": quieter,
            "tolerance_url": tolerance,
        }

    def link_to(
        self, offer: Offer | None, given: Mapping[str, Any], schedule_id: int | None
    ) -> str | None:
        """Return the address of the form with what was entered and what is offered; nothing is stored."""
        if offer is None:
            return None
        where = ("change", [schedule_id]) if schedule_id else ("add", [])
        url = reverse(
            f"admin:scheduling_schedule_{where[0]}",
            args=where[1],
            current_app=self.admin_site.name,
        )
        shown = {name: values_in(given, name) for name in given if name not in OF_ONE_FORM}
        return f"{url}?{urlencode(shown | dict(offer.fill), doseq=True)}"

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """Say what the values of a form would do, and when. Nothing is stored."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        chosen = request.POST.get("task") or request.GET.get("task") or ""
        asked = request.headers.get(FRAGMENT, "").split() or PARTS
        context: dict[str, Any] = {"parts": asked}
        if "cadence" in asked:
            context |= self.cadence_context(request, request.POST, stored_number(request))
        entry = tenant_catalogue().get(chosen)
        if "effect" in asked and entry:
            context |= self.effect_context(request, entry, request.POST.dict())
        if FRAGMENT in request.headers:
            return TemplateResponse(request, PARTS_TEMPLATE, context)
        context |= self.admin_site.each_context(request)
        context |= {"title": _("What this schedule would do"), "opts": self.opts}
        return TemplateResponse(request, PAGE_TEMPLATE, context)


def values_in(given: Mapping[str, Any], name: str) -> Any:
    """Return all values of a field that was sent, or as a page shows it; nothing as empty."""
    values = given.getlist(name) if isinstance(given, QueryDict) else given[name]
    return "" if values is None else values


def values_of_page(form: Any, schedule: Schedule | None) -> dict[str, Any]:
    """Return cadence and policies as a page shows them; of somebody who may not write, as stored."""
    names = [name for name in SHOWN_FIELDS if name in form.fields]
    if schedule and not names:
        return stored_values(schedule)
    return {name: form[name].value() for name in names}


def stored_values(schedule: Schedule) -> dict[str, Any]:
    row = row_of(schedule)
    if row["crontab_id"] is None:
        return {}
    return {
        "crontab": crontab_text(row),
        "timezone": row["zone"],
        "enabled": row["enabled"],
        **row["policies"],
    }


def foresight_of(given: Mapping[str, Any], schedule_id: int | None, now: datetime) -> Foresight:
    """Return what values, as a form holds or sends them, say about when it runs."""
    form = type("PreviewForm", (CadenceForm,), dict(policy_fields()))(given)
    form.now = now
    form.is_valid()
    errors = tuple(
        (form[name].id_for_label or f"id_{name}", form[name].label, told[0])
        for name, told in form.errors.items()
    )
    if form.chosen_cadence is None:
        return Foresight(errors=errors)
    chosen = {name: form.cleaned_data.get(name) for name in HELP}
    policies = Policies.chosen(chosen)
    width = policies.spread
    # When exactly it fires follows from the number of a schedule, which a new one has not.
    spread = Spread(current_tenant().pk, schedule_id, width) if schedule_id else None
    crowding = crowding_of(form.chosen_cadence, form.cleaned_data, now)
    seen = foresee(form.chosen_cadence, spread, now)
    return replace(
        seen,
        spread_minutes=policies.spread_minutes,
        policies=tuple(sentences_of(policies)),
        crowding=crowding,
        errors=errors,
    )


def stored_number(request: HttpRequest) -> int | None:
    """Return the number of the schedule whose page asks; None for a new one."""
    return number_in(request.GET.get("schedule", ""))
