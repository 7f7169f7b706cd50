"""A schedule's brake as fields of its form, for tasks that offer one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from scheduling.catalogue import Entry
from scheduling.models import Brake

RULE, MOST = "brake_rule", "brake_most"
NAMES = (RULE, MOST)
LEGEND = _("Brake")
MOST_MAXIMUM = 2**31 - 1


def brake_fields(entry: Entry) -> dict[str, forms.Field]:
    """Return the fields; none for a task that offers no brake."""
    if entry.brake is None:
        return {}
    usual = _("usual: above %(least)s and %(factor)s times the middle of the runs before") % {
        name: settings.BRAKE[name] for name in ("least", "factor")
    }
    rules = Brake.Rule
    choices = [
        (rules.USUAL, usual),
        (rules.FIXED, rules.FIXED.label),
        (rules.NEVER, rules.NEVER.label),
    ]
    rule = forms.ChoiceField(
        label=_("Hold a run for approval"),
        choices=choices,
        required=False,
        help_text=_(
            "A run that is held closes nothing until an owner or manager approves it, for "
            "%(days)s days. Runs that somebody starts by hand are not held. What is usual is known "
            "once %(runs)s runs have closed something."
        )
        % {"days": settings.HELD_RUN_DAYS, "runs": settings.BRAKE["runs"]},
    )
    most = forms.IntegerField(
        label=_("A number of your own"),
        min_value=0,
        max_value=MOST_MAXIMUM,
        required=False,
        help_text=_("Needed where you chose that; a run that would close more is held."),
    )
    return {RULE: rule, MOST: most}


def brake_fieldset(entry: Entry) -> list[tuple[Any, dict[str, Any]]]:
    """Return the part of a schedule's page that holds the fields, if there are any."""
    return [(LEGEND, {"fields": list(NAMES)})] if entry.brake else []


def stored_brake(periodic_task_id: int) -> dict[str, Any]:
    """Return what the fields show of a schedule."""
    brake = Brake.of(periodic_task_id)
    return shown_brake({"rule": brake.rule, "most": brake.most})


def shown_brake(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that columns of `Brake` are shown in."""
    return {RULE: columns["rule"], MOST: columns["most"]}


def wished_brake(cleaned: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what was chosen, by the columns of `Brake`; None where the form does not ask."""
    if RULE not in cleaned:
        return None
    rule = cleaned[RULE] or Brake.Rule.USUAL
    return {"rule": rule, "most": cleaned[MOST] if rule == Brake.Rule.FIXED else None}
