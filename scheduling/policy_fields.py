"""A schedule's policies as fields of its form; what is left empty is the platform's default."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import MaxValueValidator
from django.forms import fields_for_model
from django.utils.translation import gettext_lazy as _

from scheduling.models import Policy
from scheduling.policies import CatchUp, Gap, Overlap, Repeat
from scheduling.policy_sentences import NUMBERS, duration_text

HELP = {
    "catch_up": _("What slots get whose time passed while nothing could run them."),
    "catch_up_window": _("Slots that were missed longer ago than this stay missed."),
    "overlap": _("What a slot gets that comes while an earlier run is still going."),
    "retries": _("How often a run that failed is tried again, after longer and longer pauses."),
    "gap": _("What a time gets that is skipped when summer time begins."),
    "repeat": _("What a time gets that comes twice when summer time ends."),
    "spread_minutes": _(
        "Fires at some moment within so many minutes after each slot, for one slot always the same "
        "and never after the next slot. 0: at the slot."
    ),
    "alarm_after": _("Owners are told by mail of a slot that is still not done then."),
}
LABELS = {
    "catch_up": _("If nothing could run at a time"),
    "catch_up_window": _("Made up for within"),
    "overlap": _("If the run before is still going on"),
    "retries": _("Further tries after a failure"),
    "gap": _("If the clocks skip a time"),
    "repeat": _("If the clocks show a time twice"),
    "spread_minutes": _("Start within (minutes)"),
    "alarm_after": _("Tell the owners when late by"),
}
CHOICES = {"catch_up": CatchUp, "overlap": Overlap, "gap": Gap, "repeat": Repeat}
MINUTE, HOUR, DAY = 60, 3600, 24 * 3600  # seconds
DURATIONS = {
    "catch_up_window": (0, HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 31 * DAY),
    "alarm_after": (5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 12 * HOUR, DAY),
}
#: No length of time is written with more digits.
DIGITS_MAXIMUM = 9


class DurationSelect(forms.Select):
    """Offers lengths of time, and shows the one that is chosen, whatever it is."""

    def optgroups(self, name: str, value: Any, attrs: dict[str, Any] | None = None) -> Any:
        known = {str(seconds) for seconds, _text in self.choices}
        others = [(one, seconds_text(one)) for one in value if one not in {"", *known}]
        self.choices = [*self.choices, *others]
        return super().optgroups(name, value, attrs)


def seconds_text(written: str) -> str:
    is_number = written.isascii() and written.isdecimal() and len(written) <= DIGITS_MAXIMUM
    return duration_text(int(written)) if is_number else written


def policy_fields() -> dict[str, forms.Field]:
    """Return a field for each policy, by its column, empty for the platform's default."""
    found = fields_for_model(Policy, fields=list(HELP))
    for name, field in found.items():
        default = settings.SCHEDULE_POLICIES[name]
        if name in CHOICES:
            found[name] = field = choice_field(CHOICES[name], default)
        elif name in DURATIONS:
            offered = [(seconds, duration_text(seconds)) for seconds in DURATIONS[name]]
            field.widget = DurationSelect(choices=[usual(duration_text(default)), *offered])
        else:
            field.widget.attrs["placeholder"] = default
        field.validators += greatest_of(name)
        field.label, field.help_text = LABELS[name], HELP[name]
        if name in NUMBERS:
            field.help_text = with_default(HELP[name], NUMBERS[name], default)
    return found


def greatest_of(name: str) -> list[MaxValueValidator]:
    """Return what says how large a policy can be: a preview asks the form and not the model."""
    validators = Policy._meta.get_field(name).validators  # type: ignore[union-attr]
    return [one for one in validators if isinstance(one, MaxValueValidator)]


def choice_field(choices: Any, default: str) -> forms.Field:
    return forms.TypedChoiceField(
        choices=[usual(choices(default).label), *choices.choices], required=False, empty_value=None
    )


def usual(text: Any) -> tuple[str, Any]:
    return "", _("as usual: %s") % text


def with_default(help_text: Any, read: Callable[[int], Any], default: int) -> str:
    said = {"help": help_text, "default": read(default)}
    return str(_("%(help)s Empty, as usual: %(default)s.") % said)
