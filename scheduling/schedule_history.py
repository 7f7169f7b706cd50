"""What the history of a schedule says in words, and how an older state of it is restored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scheduling import schedules
from scheduling.brake_fields import NAMES as BRAKE_FIELDS
from scheduling.catalogue import Entry, tenant_catalogue
from scheduling.history import columns_of
from scheduling.models import Brake, Policy, Schedule
from scheduling.pausing import pause
from scheduling.periodic import UNTOUCHED
from scheduling.policy_fields import HELP
from scheduling.schedules import Wish
from tenants.audit.history import History, Line, value_text
from tenants.audit.models import Changes
from tenants.audit.past import State, as_logged

NAMES: dict[str, Any] = {
    "name": gettext_lazy("name"),
    "enabled": gettext_lazy("state"),
    "task": gettext_lazy("task"),
    "crontab": gettext_lazy("crontab"),
    "zone": gettext_lazy("time zone"),
    "start_text": gettext_lazy("start"),
    "expires_text": gettext_lazy("expiry"),
    "one_off": gettext_lazy("only once"),
    "reason": gettext_lazy("reason"),
    "until": gettext_lazy("until"),
    "brake": gettext_lazy("hold a run for approval"),
    "brake_most": gettext_lazy("hold it above"),
}
#: What is told of these only when it is something else.
UNTOLD = UNTOUCHED | {"one_off": (False,)}
#: What no form writes, so that restoring leaves it as it is now.
LEFT_ALONE = {"start_text", "expires_text", "one_off"}


class ScheduleHistory(History):
    model = Schedule

    def __init__(self, default_timezone: str) -> None:
        self.default_timezone = default_timezone

    def now(self, pk: str) -> State:
        return as_logged(columns_of(int(pk)))

    def name(self, pk: str) -> str:
        return Schedule.objects.filter(pk=pk).values_list("name", flat=True).first() or ""

    def lines(self, changes: Changes) -> list[Line]:
        found = []
        for name, (before, after) in changes.items():
            if name == "kwargs":
                found += parameter_lines(before, after)
            elif not (is_usual(name, before) and is_usual(name, after)):
                found.append(Line(label(name), text(name, before), text(name, after)))
        return found

    def stays(self, name: str) -> bool:
        return name in LEFT_ALONE

    def hindrance(self, now: State, then: State) -> str:
        if then.get("task") != now.get("task"):
            return _("It was of another task then: make a new schedule for that.")
        if then.get("task") not in tenant_catalogue():
            return _("Its task is not offered any more.")
        if not then.get("crontab") or not then.get("zone"):
            return _("It had no crontab then, and only a crontab can be restored here.")
        if parameters_in(then.get("kwargs")) is None:
            return _("Its parameters cannot be read.")
        return ""

    def restore(self, pk: str, then: State) -> None:
        schedule = Schedule.objects.defer("start_time", "expires").get(pk=pk)
        schedule.name = then["name"]
        entry = tenant_catalogue()[then["task"]]
        wish = wish_of(then)
        if wish.enabled:
            schedules.rewrite(schedule, entry, wish, self.default_timezone)
            return
        # Pausing has a way of its own, by which its reason and end are checked and kept.
        schedules.rewrite(schedule, entry, replace(wish, enabled=None), self.default_timezone)
        until = then.get("until")
        pause(int(pk), then.get("reason", ""), parse_datetime(until) if until else None)


def wish_of(state: State) -> Wish:
    return Wish(
        crontab=state["crontab"],
        timezone=state["zone"],
        name=state["name"],
        parameters=parameters_in(state.get("kwargs")) or {},
        policies={name: state.get(name) for name in HELP},
        brake=brake_in(state),
        enabled=state.get("enabled", False),
    )


def brake_in(state: State) -> dict[str, Any]:
    return {"rule": state.get("brake", Brake.Rule.USUAL), "most": state.get("brake_most")}


def fields_of(state: State) -> dict[str, Any]:
    """Return a state by the names of the fields of a new schedule's form."""
    wish = wish_of(state)
    given = {"task": state["task"], "name": wish.name, "crontab": wish.crontab}
    given |= {"timezone": wish.timezone, **(wish.parameters or {}), **(wish.policies or {})}
    given |= dict(zip(BRAKE_FIELDS, brake_in(state).values(), strict=True))
    return {name: value for name, value in given.items() if value is not None}


def is_usual(name: str, value: Any) -> bool:
    """Whether this is what every schedule has, so that it is nothing to tell."""
    return name in UNTOLD and (value is None or value in UNTOLD[name])


def label(name: str) -> str:
    if name in NAMES:
        return capfirst(str(NAMES[name]))
    column = column_of(name)
    return capfirst(str(column.verbose_name)) if column else name


def text(name: str, value: Any) -> str | None:
    if value is None:
        return None
    if name == "enabled":
        return _("active") if value else _("paused")
    if name == "until":
        local = timezone.localtime(parse_datetime(str(value)))
        return f"{date_format(local, 'DATETIME_FORMAT')} {local.tzname()}"
    if name == "task":
        entry = tenant_catalogue().get(value)
        return entry.label if entry else str(value)
    if name == "brake":
        return str(dict(Brake.Rule.choices).get(value, value))
    choices = dict(getattr(column_of(name), "flatchoices", ()))
    return value_text(choices.get(value, value))


def column_of(name: str) -> Any:
    """Return the column of a policy that has this name, if one has."""
    try:
        return Policy._meta.get_field(name)
    except FieldDoesNotExist:
        return None


def parameters_in(kwargs: str | None) -> Mapping[str, Any] | None:
    """Return the parameters that a row's column holds; None where that is nothing of the kind."""
    try:
        given = json.loads(kwargs or "{}")
    except ValueError:
        return None
    return given if isinstance(given, dict) else None


def parameter_lines(before: str | None, after: str | None) -> list[Line]:
    """Tell of each parameter apart; of what cannot be read, as it is written."""
    one, other = parameters_in(before), parameters_in(after)
    if one is None or other is None:
        return [Line(capfirst(_("parameters")), value_text(before), value_text(after))]
    names = [*one, *(name for name in other if name not in one)]
    return [
        Line(parameter_label(name), value_text(one.get(name)), value_text(other.get(name)))
        for name in names
        if one.get(name) != other.get(name)
    ]


def parameter_label(name: str) -> str:
    """Return what the first task that has such a parameter calls it: a name means one thing."""
    fields = (form_field(entry, name) for entry in tenant_catalogue().values())
    found = next((field for field in fields if field and field.label), None)
    return capfirst(str(found.label)) if found else name


def form_field(entry: Entry, name: str) -> Any:
    return entry.form.base_fields.get(name)
