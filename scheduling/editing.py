"""Two people at one schedule: the second is shown what the first has stored, and decides."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Model
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from scheduling.agenda.clock import database_now
from scheduling.history import columns_alone
from scheduling.models import Schedule
from scheduling.periodic import Row
from scheduling.sentences import sentence_for
from tenants.audit.models import Entry

#: How far back it is looked up who changed a schedule: a form that is older tells no name.
LOOKED_BACK = timedelta(days=1)
#: Told as one sentence.
CADENCE = ("crontab", "timezone")


class Difference(NamedTuple):
    """One field: what is to be stored, and what somebody else has stored meanwhile."""

    label: str
    yours: str
    stored: str


@dataclass(frozen=True)
class Conflict:
    """A schedule was changed while somebody else had its form open."""

    differences: list[Difference]
    who: str = ""
    at: datetime | None = None


def version_of(row: Row, brake: Mapping[str, Any]) -> str:
    """Return a hash of what is stored of a schedule: while it stays, nobody has changed anything."""
    told = json.dumps([columns_alone(row), brake], default=str, sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def last_change(schedule_id: int, action: str) -> Entry | None:
    """Return the newest entry of the audit log about a schedule, if it is of the last day."""
    since = database_now() - LOOKED_BACK
    entries = Entry.objects.filter(at__gte=since, action=action, object_pk=str(schedule_id))
    return entries.filter(model=label_of(Schedule)).first()


def label_of(model: type[Model]) -> str:
    return model._meta.label_lower


def conflict_of(
    schedule_id: int, form: Any, yours: Mapping[str, Any], stored: Mapping[str, Any]
) -> Conflict:
    """Return where the values of a form differ from what is stored now, each as people read it."""
    entry = last_change(schedule_id, Entry.Action.UPDATE)
    differences = [cadence_difference(yours, stored)] if changed(yours, stored, CADENCE) else []
    differences += [
        Difference(
            capfirst(str(form[name].label)),
            value_text(form.fields[name], yours[name]),
            value_text(form.fields[name], stored.get(name)),
        )
        for name in yours
        if name not in CADENCE and changed(yours, stored, [name])
    ]
    return Conflict(differences, entry.actor if entry else "", entry.at if entry else None)


def changed(yours: Mapping[str, Any], stored: Mapping[str, Any], names: Any) -> bool:
    return any(plain(yours.get(name)) != plain(stored.get(name)) for name in names)


def plain(value: Any) -> str:
    return "" if value is None else str(value)


def cadence_difference(yours: Mapping[str, Any], stored: Mapping[str, Any]) -> Difference:
    return Difference(_("When it runs"), cadence_text(yours), cadence_text(stored))


def cadence_text(values: Mapping[str, Any]) -> str:
    crontab, zone = str(values.get("crontab", "")), str(values.get("timezone", ""))
    return sentence_for(crontab, zone) or f"{crontab} {zone}"


def value_text(form_field: Any, value: Any) -> str:
    """Return a value as the form's field names it."""
    if value in (None, ""):
        return _("default")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    choices = dict(getattr(form_field, "choices", ()))
    return str(choices.get(value, value))
