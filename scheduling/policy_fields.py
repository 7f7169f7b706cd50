"""A schedule's policies as fields of its form; what is left empty is the platform's default."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.forms import fields_for_model
from django.utils.translation import gettext_lazy as _

from scheduling.models import Policy
from scheduling.policies import CatchUp, Gap, Overlap, Repeat
from scheduling.policy_sentences import NUMBERS

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
CHOICES = {"catch_up": CatchUp, "overlap": Overlap, "gap": Gap, "repeat": Repeat}


def policy_fields() -> dict[str, forms.Field]:
    """Return a field for each policy, by its column, empty for the platform's default."""
    found = fields_for_model(Policy, fields=list(HELP))
    for name, field in found.items():
        field.help_text = HELP[name]
        default = settings.SCHEDULE_POLICIES[name]
        if name in CHOICES:
            choices: Any = CHOICES[name]
            blank = [("", _("default: %s") % choices(default).label)]
            found[name] = forms.TypedChoiceField(
                label=field.label,
                choices=[*blank, *choices.choices],
                required=False,
                empty_value=None,
                help_text=field.help_text,
            )
        else:
            field.widget.attrs["placeholder"] = default
            field.help_text = with_default(HELP[name], NUMBERS[name], default)
    return found


def with_default(help_text: Any, read: Callable[[int], Any], default: int) -> str:
    said = {"help": help_text, "default": read(default)}
    return str(_("%(help)s Empty, as usual: %(default)s.") % said)
