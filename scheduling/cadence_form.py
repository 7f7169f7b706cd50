"""The fields in which a cadence is chosen: from a list, or as a crontab of one's own."""

from __future__ import annotations

from copy import copy
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scheduling.agenda.clock import database_now
from scheduling.agenda.limits import BOUNDS, allowance_in
from scheduling.cadence import CrontabCadence, InvalidCadence
from scheduling.choices import (
    PRESETS,
    USES,
    PresetSelect,
    parts_of,
    shown_fields,
    weekday_choices,
)
from scheduling.periodic import CLOCK_CHOICES, Unreadable, refuse_haste
from scheduling.presets import CUSTOM, STEPS, TEMPLATES, crontab_of, step_text
from tenants.schema import current_schema, current_tenant
from tenants.zone_field import TimeZoneField
from wording.showing import shown

#: How the five fields are called in a message about one of them.
CRONTAB_LABELS = {
    "minute": _("minute"),
    "hour": _("hour"),
    "day_of_month": _("day of month"),
    "month_of_year": _("month"),
    "day_of_week": _("day of week"),
}
CRONTAB_HELP = _(
    "Five fields: minute, hour, day of month, month, day of week (0 or 7 is Sunday). "
    "“0 0 * * *” is every day at midnight, “30 6 * * 1-5” at half past six from Monday to Friday, "
    "“*/15 * * * *” every quarter of an hour, “0 3 1 * *” at three on the first of each month. "
    "Where both days are given, both must match."
)

CRONTAB_MAXIMUM = 600  # characters, more than the columns of all five fields hold
NOTHING: tuple[Any, ...] = (None, "", [])
#: No tenant is asked to leave more between two slots, so that nobody's limit need be looked up.
LEAST_INTERVAL_MAXIMUM = timedelta(seconds=BOUNDS["least_interval_seconds"][1])


class CadenceForm(forms.Form):
    """What is posted without a `preset` is a crontab of one's own."""

    preset = forms.ChoiceField(
        label=_("Runs"), choices=list(PRESETS.items()), widget=PresetSelect, required=False
    )
    every_minutes = forms.ChoiceField(
        label=_("Every so many minutes"),
        choices=[(step_text(minutes), minutes) for minutes in STEPS],
        required=False,
    )
    at_minute = forms.IntegerField(
        label=_("At minute of the hour"), min_value=0, max_value=59, required=False
    )
    on_weekdays = forms.MultipleChoiceField(
        label=_("On these days"),
        choices=weekday_choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    on_day = forms.IntegerField(
        label=_("On day of the month"),
        min_value=1,
        max_value=31,
        required=False,
        help_text=_("In months that have no such day it does not run."),
    )
    at_time = forms.TimeField(
        label=_("At"),
        required=False,
        input_formats=["%H:%M", "%H:%M:%S"],
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    crontab = forms.CharField(
        label=_("Crontab"),
        max_length=CRONTAB_MAXIMUM,
        required=False,
        help_text=CRONTAB_HELP,
        widget=forms.TextInput(attrs={"dir": "ltr", "autocomplete": "off", "spellcheck": "false"}),
    )
    timezone = TimeZoneField(
        label=_("Time zone"), help_text=_("Times are read on the clocks of this place.")
    )
    #: The crontab that the page began with, to tell whether it was written anew.
    shown_crontab = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: What the fields say, once they are valid.
        self.chosen_cadence: CrontabCadence | None = None
        cast(TimeZoneField, self.fields["timezone"]).suggest(near_zones())
        if self.is_bound and "preset" not in self.data:
            self.show("preset", CUSTOM)

    def show_cadence(self) -> None:
        """Have the fields begin with what their crontab says, but for what is given already."""
        crontab = str(self.initial.get("crontab", ""))
        for name, value in shown_fields(crontab).items():
            self.initial.setdefault(name, value)
        self.initial["shown_crontab"] = crontab

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.is_written_anew():
            self.cleaned_data["preset"] = CUSTOM
            self.show("preset", CUSTOM)
        if cleaned.get("preset") in USES:
            self.forget_others(USES[cleaned["preset"]])
            cleaned["crontab"] = self.compiled(cleaned["preset"])
            self.chosen_cadence = self.read_cadence()
        return cleaned

    def is_written_anew(self) -> bool:
        """Whether the crontab was changed, and the choice from the list left as it was shown.

        Without a script both are there to be written in, and nobody expects to have to say which.
        """
        cleaned = self.cleaned_data
        preset, before, crontab = map(cleaned.get, ("preset", "shown_crontab", "crontab"))
        if preset not in TEMPLATES or not before or not crontab or crontab == before:
            return False
        whole = not any(cleaned.get(name) in NOTHING for name in USES[preset])
        return whole and crontab_of(preset, parts_of(preset, cleaned)) == before

    def show(self, name: str, value: Any) -> None:
        """Have the form come back with this value in a field, whatever it was sent."""
        data: Any = copy(self.data)  # of a request, which may not be changed
        data[name] = value
        self.data = data

    def forget_others(self, used: tuple[str, ...]) -> None:
        """What stands in fields of other choices does not matter, whatever it is."""
        for name in {name for names in USES.values() for name in names}.difference(used):
            self.errors.pop(name, None)
        for name in used:
            if name not in self.errors and self.cleaned_data.get(name) in NOTHING:
                self.add_error(name, ValidationError(self.fields[name].error_messages["required"]))

    def compiled(self, preset: str) -> str:
        if any(name in self.errors for name in USES[preset]):
            return ""
        if preset == CUSTOM:
            return str(self.cleaned_data["crontab"])
        return crontab_of(preset, parts_of(preset, self.cleaned_data))

    def read_cadence(self) -> CrontabCadence | None:
        """Return what the fields say; None, with an error at a field, where it cannot be kept."""
        crontab, zone = self.cleaned_data.get("crontab"), self.cleaned_data.get("timezone")
        if not crontab or not zone:
            return None
        given = {name: self.cleaned_data.get(name) for name in CLOCK_CHOICES}
        choices = {name: value for name, value in given.items() if value}
        try:
            cadence = CrontabCadence.parse(crontab, zone, **choices)
            if cadence.least_gap < LEAST_INTERVAL_MAXIMUM:
                refuse_haste(cadence, allowance_in(current_schema()).least_interval)
        except InvalidCadence as error:
            self.add_error(*self.cadence_place(error.field, shown(error.message)))
        except Unreadable as error:
            self.add_error(self.main_field, shown(str(error).removeprefix("crontab: ")))
        else:
            if cadence.next_after(self.now) is not None:
                return cadence
            self.add_error(self.main_field, _("This never comes: choose another cadence."))
        return None

    @cached_property
    def now(self) -> datetime:
        return database_now()

    @property
    def main_field(self) -> str:
        """The field that an error of the chosen cadence stands at."""
        return USES.get(str(self.cleaned_data.get("preset")), ("preset",))[0]

    def cadence_place(self, name: str, message: str) -> tuple[str, Any]:
        """Return where an error of a cadence is shown, and how."""
        if name in CRONTAB_LABELS:
            return self.main_field, f"{CRONTAB_LABELS[name]}: {message}"
        return (name if name in self.fields else self.main_field), message


def near_zones() -> dict[str, Any]:
    """Return the zones that somebody here will want: the tenant's, UTC and one's own."""
    own, viewers = current_tenant().timezone, timezone.get_current_timezone_name()
    labels = {
        viewers: _("%(zone)s (your own)") % {"zone": viewers},
        "UTC": "UTC",
        own: _("%(zone)s (your organisation's)") % {"zone": own},
    }
    return {zone: labels[zone] for zone in dict.fromkeys((own, "UTC", viewers))}
