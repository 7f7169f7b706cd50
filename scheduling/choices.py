"""What a cadence is chosen from, and the fields of a form that each choice needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import time
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.formats import get_format
from django.utils.translation import gettext_lazy as _

from scheduling.presets import CUSTOM, TEMPLATES, preset_of, step_text

PRESETS = {
    "minutes": _("Every few minutes"),
    "hourly": _("Every hour, at a minute"),
    "daily": _("Every day, at a time"),
    "weekdays": _("Monday to Friday, at a time"),
    "weekly": _("Every week, at a time"),
    "monthly": _("Every month, at a time"),
    CUSTOM: _("Custom, in five fields"),
}
#: The fields that each choice needs; an error belongs to the first of them.
USES = {
    "minutes": ("every_minutes",),
    "hourly": ("at_minute",),
    "daily": ("at_time",),
    "weekdays": ("at_time",),
    "weekly": ("on_weekdays", "at_time"),
    "monthly": ("on_day", "at_time"),
    CUSTOM: ("crontab",),
}
PRESET_FIELDS = ("preset", "every_minutes", "at_minute", "on_weekdays", "on_day", "at_time")
CADENCE_FIELDS = (*PRESET_FIELDS, "crontab", "timezone")
#: Of what a form sends, what is of that form alone and has no place in an address.
OF_ONE_FORM = frozenset({"csrfmiddlewaretoken", "version", "shown_crontab"})
#: What stands in fields that the cadence says nothing about.
USUAL: Mapping[str, Any] = {
    "every_minutes": step_text(15),
    "at_minute": 0,
    "at_time": time(0, 0),
    "on_weekdays": ["1"],
    "on_day": 1,
}


class PresetSelect(forms.RadioSelect):
    """Tells the page's script which fields belong to a choice, and what crontab it comes to."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        option["attrs"]["data-fields"] = " ".join(USES[value])
        option["attrs"]["data-crontab"] = TEMPLATES.get(value, "")
        return option


def weekday_choices() -> list[tuple[str, Any]]:
    """Return the days of the week as a crontab counts them, in the order of the reader's calendar."""
    first = int(get_format("FIRST_DAY_OF_WEEK"))
    days = [(first + place) % 7 for place in range(7)]
    return [(str(day), WEEKDAYS[(day - 1) % 7]) for day in days]


def parts_of(preset: str, given: Mapping[str, Any]) -> dict[str, object]:
    """Return what the crontab of a choice is made of, from the values of its fields."""
    parts: dict[str, object] = {"every": given.get("every_minutes"), "day": given.get("on_day")}
    parts["minute"] = given.get("at_minute")
    if "at_time" in USES[preset]:
        parts |= {"hour": given["at_time"].hour, "minute": given["at_time"].minute}
    return parts | {"weekdays": ",".join(sorted(given.get("on_weekdays") or ()))}


def shown_fields(crontab: str) -> dict[str, Any]:
    """Return the fields of the form that a crontab is shown in."""
    preset, parts = preset_of(crontab)
    return {**USUAL, "preset": preset, **dict(fields_of_parts(preset, parts))}


def fields_of_parts(preset: str, parts: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    if "every" in parts:
        yield "every_minutes", parts["every"]
    if "hour" in parts:
        yield "at_time", time(int(parts["hour"]), int(parts["minute"]))
    elif preset == "hourly":
        yield "at_minute", int(parts["minute"])
    if "day" in parts:
        yield "on_day", int(parts["day"])
    if "weekdays" in parts:
        yield "on_weekdays", parts["weekdays"].split(",")
