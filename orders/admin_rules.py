"""The page on which a tenant says what its runs close, beyond the age."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.closing_rules import ClosingRules, Holiday
from orders.effect import effect_of
from orders.models import Order
from orders.rules_told import told
from orders.tasks import DAYS_DEFAULT, ClosingParameters
from orders.tenant import current_tenant, tenant_zone

CUSTOMER_MAXIMUM = 200  # characters
HOLIDAYS_MAXIMUM = 100
#: Set by the script that asks while one types, and wants no page around the answer.
FRAGMENT = "X-Fragment"
FIGURES = "admin/orders/closingrules/figures.html"


class ClosingRulesForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = ClosingRules
        fields = (
            "closes_open",
            "closes_fulfilled",
            "least_total",
            "greatest_total",
            "currency",
            "never_closed",
        )
        widgets = {"never_closed": forms.Textarea(attrs={"rows": 5})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "currency" in self.fields and not self.instance.currency:
            self.initial["currency"] = current_tenant().currency

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"] or current_tenant().currency)

    def clean_never_closed(self) -> str:
        """Return the names tidied: one per line, each once."""
        names = ClosingRules(never_closed=self.cleaned_data["never_closed"]).names
        for name in names:
            if len(name) > CUSTOMER_MAXIMUM:
                text = _("“%(name)s…” is longer than a customer's name can be.")
                raise forms.ValidationError(text % {"name": name[:40]})
        return "\n".join(names)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if not values.get("closes_open") and not values.get("closes_fulfilled"):
            text = _("Choose one of the two. To close nothing for a while, pause the schedule.")
            self.add_error("closes_open", text)
        least, greatest = values.get("least_total"), values.get("greatest_total")
        if least is not None and greatest is not None and least > greatest:
            self.add_error("greatest_total", _("This is below the least total."))
        return values


class HolidayForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Holiday
        fields = ("day", "every_year", "name")
        # The browser's own: it is one that a keyboard and a telephone can use.
        widgets = {"day": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})}


class LabelledFormSet(forms.models.BaseInlineFormSet):  # type: ignore[type-arg]
    """Names each field by itself, too: a table's headings are no labels."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        for field in form.fields.values():
            field.widget.attrs["aria-label"] = str(field.label).capitalize()


class HolidayInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Holiday
    form = HolidayForm
    formset = LabelledFormSet
    fields = ("day", "every_year", "name")
    # Not the calendar of the admin, which a form of a model gets by its kind of column.
    formfield_overrides = {models.DateField: {"widget": HolidayForm.Meta.widgets["day"]}}
    extra = 1
    max_num = HOLIDAYS_MAXIMUM


class ClosingRulesAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Has one row, stored or not: there is no list to choose it from, and nothing to add or delete."""

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
        js = ("scheduling/effect.js",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.effect_view)
        return [path("effect/", view, name="orders_closingrules_effect"), *super().get_urls()]

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> ClosingRules | None:
        return ClosingRules.current() if object_id == str(ClosingRules.ONLY) else None

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return self.go_to_page()

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> HttpResponseRedirect:
        return self.go_to_page()

    def go_to_page(self) -> HttpResponseRedirect:
        name = "admin:orders_closingrules_change"
        return HttpResponseRedirect(
            reverse(name, args=[ClosingRules.ONLY], current_app=self.admin_site.name)
        )

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
