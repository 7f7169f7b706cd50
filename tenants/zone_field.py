"""The choice of a time zone: what is near first, then all; found by any name it ever had."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tenants.zones import canonical, canonical_timezones, older_names

Choices = list[tuple[Any, Any]]


def timezone_choices() -> Choices:
    return [("", "---------"), *((name, name) for name in canonical_timezones())]


class TimeZoneSelect(forms.Select):
    """A select, which a script gives a search and the zone of the browser.

    With a template of its own: Django's, one for each of six hundred options, takes three times as long.
    """

    template_name = "tenants/zones.html"

    class Media:
        js = ("tenants/zones.js",)

    def build_attrs(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        texts = {
            "data-zones": "",
            "data-search": _("Find by city or region"),
            "data-found": _("Time zones found:"),
            "data-browsers": _("your browser's"),
        }
        return super().build_attrs(*args, **kwargs) | texts

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        return option | {"also": " ".join(older_names().get(str(value), ()))}


class TimeZoneField(forms.ChoiceField):
    """Takes any name of a zone, shows and gives today's."""

    widget = TimeZoneSelect

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", _("time zone"))
        super().__init__(choices=timezone_choices, **options)

    def suggest(self, near: Mapping[str, Any]) -> None:
        """Put these zones first, each with what it is called."""
        near = {canonical(name): label for name, label in near.items()}
        everywhere: Choices = [(name, name) for name in canonical_timezones()]
        self.choices = [
            (_("Suggested"), list(near.items())),
            (_("All time zones"), everywhere),
        ]

    def prepare_value(self, value: Any) -> Any:
        return canonical(value) if isinstance(value, str) else value

    def to_python(self, value: Any) -> str:
        return canonical(super().to_python(value))
