"""The page on which a tenant says what its runs close, beyond the age."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from admin_parts.one_row import OneRowAdmin
from orders.closing_rules import ClosingRules, Holiday
from orders.effect import ClosingPreview, effect_of
from orders.models import Order
from orders.rules_form import ClosingRulesForm, HolidayForm, HolidayFormSet
from orders.rules_told import told
from orders.tasks import DAYS_DEFAULT, ClosingParameters
from orders.tenant import tenant_zone

HOLIDAYS_MAXIMUM = 100
#: Set by the script that asks while one types, and wants no page around the answer.
FRAGMENT = "X-Fragment"
FIGURES = "admin/orders/closingrules/figures.html"


class HolidayInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Holiday
    form = HolidayForm
    formset = HolidayFormSet
    fields = ("day", "every_year", "name")
    # Not the calendar of the admin, which a form of a model gets by its kind of column.
    formfield_overrides = {models.DateField: {"widget": HolidayForm.Meta.widgets["day"]}}
    extra = 1
    max_num = HOLIDAYS_MAXIMUM

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Django would make a thousand more forms for whoever says that there are so many."""
        return super().get_formset(request, obj, **kwargs | {"absolute_max": self.max_num})


class ClosingRulesAdmin(OneRowAdmin):
    form = ClosingRulesForm
    inlines = (HolidayInline,)
    change_form_template = "admin/orders/closingrules/change_form.html"
    fieldsets = (
        (_("Which old orders are closed"), {"fields": (("closes_open", "closes_fulfilled"),)}),
        (
            _("Totals"),
            {"fields": ("least_total", "greatest_total", "currency")},
        ),
        (_("Customers"), {"fields": ("never_closed",)}),
    )

    class Media:
        js = ("orders/rules_effect.js",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.effect_view)
        return [path("effect/", view, name="orders_closingrules_effect"), *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        today = timezone.now().astimezone(tenant_zone()).date()
        context["told"] = told(ClosingRules.current(), today)
        form = context["adminform"].form
        if form.fields:
            name = "admin:orders_closingrules_effect"
            context["effect_url"] = reverse(name, current_app=self.admin_site.name)
            context["effect_fields"] = " ".join(["days", *form.base_fields])
        context |= self.effect_context(request, ClosingRules.current(), DAYS_DEFAULT)
        return super().render_change_form(request, context, *args, **kwargs)

    def effect_view(self, request: HttpRequest) -> HttpResponse:
        """Say what the values of the form would have closed now. Nothing is stored."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        age = ClosingParameters(request.POST)
        form = ClosingRulesForm(request.POST, instance=ClosingRules.current())
        if age.is_valid() and form.is_valid():
            context = self.effect_context(request, form.instance, age.cleaned_data["days"])
        else:
            context = {"effect_errors": errors_of(age) + errors_of(form)}
        if FRAGMENT in request.headers:
            return TemplateResponse(request, FIGURES, context)
        context |= self.admin_site.each_context(request)
        context |= {"title": _("What these rules would close"), "opts": self.opts}
        return TemplateResponse(request, "admin/orders/closingrules/effect_page.html", context)

    def effect_context(
        self, request: HttpRequest, rules: ClosingRules, days: int
    ) -> dict[str, Any]:
        effect = effect_of(rules, timezone.now() - timedelta(days=days))
        return {
            "effect": effect,
            "effect_days": days,
            "effect_headings": ClosingPreview.headings,
            "effect_sample": [
                (example, self.link_of(request, example.instance)) for example in effect.sample
            ],
        }

    def link_of(self, request: HttpRequest, order: Order) -> str | None:
        if not request.user.has_perm("orders.view_order"):
            return None
        name = "admin:orders_order_change"
        return reverse(name, args=[order.pk], current_app=self.admin_site.name)


def errors_of(form: forms.BaseForm) -> list[str]:
    """Return what is wrong, each with its field's name."""
    return [
        f"{form.fields[name].label}: {message}" if name in form.fields else str(message)
        for name, messages in form.errors.items()
        for message in messages
    ]
