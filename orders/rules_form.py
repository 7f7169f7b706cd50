"""The form in which a tenant fills in its closing rules and holidays."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from orders.closing_rules import ClosingRules, Holiday
from orders.tenant import current_tenant

CUSTOMER_MAXIMUM = 200  # characters


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


class HolidayFormSet(forms.models.BaseInlineFormSet):  # type: ignore[type-arg]
    """Shows and takes no more than `max_num`, however many were written past it.

    Names each field by itself, too: a table's headings are no labels.
    """

    def get_queryset(self) -> Any:
        if not hasattr(self, "_shown"):
            self._shown = super().get_queryset()[: self.max_num]
        return self._shown

    def clean(self) -> None:
        super().clean()
        left = Holiday.objects.count() - sum(bool(form.instance.pk) for form in self.deleted_forms)
        added = sum(form.has_changed() for form in self.extra_forms)
        if added and left + added > self.max_num:
            text = _("There may be %(most)s holidays: remove some first.")
            raise forms.ValidationError(text % {"most": self.max_num})

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        for field in form.fields.values():
            field.widget.attrs["aria-label"] = str(field.label).capitalize()
