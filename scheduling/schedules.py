"""Writing a tenant's schedules: cadence, parameters and pausing.

All functions work in the current schema, on django_celery_beat's own rows; triggers tell beat. The
command, the admin and the seeding call the same ones. They raise ValidationError, keyed by field.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_celery_beat.models import CrontabSchedule

from scheduling.agenda.limits import Allowance, allowance_in
from scheduling.cadence import CrontabCadence, InvalidCadence
from scheduling.catalogue import Entry, ParametersError, catalogue_of
from scheduling.history import columns_of, record
from scheduling.models import Brake, Policy, Schedule, SeededSchedule
from scheduling.pausing import note
from scheduling.periodic import (
    CRONTAB_FIELDS,
    UNTOUCHED,
    Reading,
    Row,
    Unreadable,
    crontab_text,
    periodic_rows,
    read,
    refuse_haste,
)
from tenants.schema import current_schema, current_tenant
from wording.showing import shown


@dataclass(frozen=True)
class Wish:
    """What somebody wants of a schedule. None leaves a thing as it is, or at its default."""

    crontab: str
    timezone: str | None = None
    name: str | None = None
    parameters: Mapping[str, Any] | None = None
    #: By the columns of `Policy`; None for the platform's default.
    policies: Mapping[str, Any] | None = None
    #: By the columns of `Brake`.
    brake: Mapping[str, Any] | None = None
    enabled: bool | None = None


def entry_called(task: str | None) -> Entry:
    """Return the catalogue's entry for a task name; without one, the first that is seeded."""
    catalogue = catalogue_of(current_schema())
    if task is None:
        return next(entry for entry in catalogue.values() if entry.default_cadence)
    if task not in catalogue:
        text = _("'%(task)s' cannot be scheduled; choose one of %(tasks)s.")
        raise ValidationError({"task": text % {"task": task, "tasks": ", ".join(catalogue)}})
    return catalogue[task]


def find(entry: Entry, name: str | None) -> Schedule | None:
    """Return the locked schedule of this task by name; without a name, the seeded one."""
    schedules = Schedule.objects.select_for_update().filter(task=entry.name)
    if name is None:
        seeded = SeededSchedule.objects.filter(task=entry.name).first()
        found = seeded and schedules.filter(pk=seeded.periodic_task_id).first()
        return found or schedules.filter(name=entry.label).first()
    return schedules.filter(name=name).first()


def set_cadence(entry: Entry, wish: Wish, default_timezone: str) -> Schedule:
    """Change the cadence of the schedule that `wish` names, or make it, in one transaction."""
    with transaction.atomic():
        schedule = find(entry, wish.name)
        if schedule is None:
            return make(entry, wish, default_timezone)
        return change(schedule, entry, wish, default_timezone)


def make(entry: Entry, wish: Wish, default_timezone: str) -> Schedule:
    """Store a new schedule of this task."""
    schedule = Schedule(name=wish.name or entry.label, task=entry.name, enabled=True)
    if not schedule.name.strip():
        raise ValidationError({"name": _("Give the schedule a name.")})
    allowance = allowance_in(current_schema())
    most = allowance.schedules_maximum
    if Schedule.objects.count() >= most:
        text = ngettext(
            "There is %(most)s schedule: delete it first.",
            "There are %(most)s schedules: delete one first.",
            most,
        )
        raise ValidationError({"name": text % {"most": most}})
    if Schedule.objects.filter(name=schedule.name).exists():
        text = _("'%(name)s' is already the name of a schedule.")
        raise ValidationError({"name": text % {"name": schedule.name}})
    return change(schedule, entry, wish, default_timezone, allowance)


def change(
    schedule: Schedule,
    entry: Entry,
    wish: Wish,
    default_timezone: str,
    allowance: Allowance | None = None,
) -> Schedule:
    """Give a schedule the cadence, zone, parameters and state that `wish` names."""
    before = columns_of(schedule.pk)
    timezone = wish.timezone or timezone_of(schedule) or default_timezone
    schedule.crontab = crontab_row(wish.crontab, timezone)
    refuse_more_often(wish.crontab, timezone, allowance or allowance_in(current_schema()))
    if schedule.clocked_id is not None:
        schedule.one_off = False  # upstream sets it with every clocked schedule; a crontab recurs
    schedule.interval = schedule.solar = schedule.clocked = None
    if wish.parameters is not None:
        schedule.kwargs = json.dumps(
            checked(entry, parameters_of(schedule) | dict(wish.parameters))
        )
    if wish.enabled is not None:
        schedule.enabled = wish.enabled
    schedule.full_clean(exclude=["crontab"])
    schedule.save()
    if before.get("enabled", True) and not schedule.enabled:
        note(schedule.pk)
    if wish.policies is not None:
        choose_policies(schedule, wish.policies)
    if wish.brake is not None:
        Brake.of(schedule.pk).choose(**wish.brake)
    record(schedule.pk, before)
    return schedule


def choose_policies(schedule: Schedule, chosen: Mapping[str, Any]) -> None:
    """Store what is chosen of a schedule's policies; nothing is kept where that is nothing."""
    policy = Policy(periodic_task_id=schedule.pk, **chosen)
    policy.full_clean(validate_unique=False)
    if any(value is not None for value in chosen.values()):
        policy.save()
    else:
        Policy.objects.filter(pk=schedule.pk).delete()


def rewrite(schedule: Schedule, entry: Entry, wish: Wish, default_timezone: str) -> Schedule:
    """Make a schedule what `wish` says and nothing else, whatever was written past the forms.

    The columns that the platform decides are cleared, and so are parameters the wish does not name.
    """
    for column, (untouched, *_others) in UNTOUCHED.items():
        setattr(schedule, column, untouched)
    schedule.kwargs = "{}"
    return change(schedule, entry, wish, default_timezone)


def timezone_of(schedule: Schedule) -> str | None:
    rows = periodic_rows(pk=schedule.pk) if schedule.pk else []
    return rows[0]["zone"] if rows else None


def understood(row: Row) -> Reading:
    """Return what a row of the current tenant asks for; raises ValidationError where it is set aside."""
    tenant = current_tenant()
    try:
        return read(row, catalogue_of(tenant.schema_name), anchor_at=tenant.created_at)
    except Unreadable as error:
        raise ValidationError(shown(str(error))) from None


def parameters_of(schedule: Schedule) -> dict[str, Any]:
    """Return what a schedule's row gives its task; nothing when that cannot be read."""
    try:
        given = json.loads(schedule.kwargs or "{}")
    except ValueError:
        return {}
    return given if isinstance(given, dict) else {}


def checked(entry: Entry, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the parameters as given, once the task's own form has accepted them."""
    try:
        entry.parameters(parameters)
    except ParametersError as error:
        raise ValidationError({"parameters": str(error)}) from None
    return parameters


def refuse_more_often(crontab: str, timezone: str, allowance: Allowance) -> None:
    """Raise ValidationError where a crontab fires more often than the tenant may."""
    try:
        refuse_haste(CrontabCadence.parse(crontab, timezone), allowance.least_interval)
    except Unreadable as error:
        raise ValidationError({"crontab": shown(str(error).removeprefix("crontab: "))}) from None


def crontab_row(text: str, timezone: str) -> CrontabSchedule:
    """Return the row that holds this crontab in this zone; rows are values, never changed in place."""
    try:
        cadence = CrontabCadence.parse(text, timezone)
    except InvalidCadence as error:
        raise ValidationError({error.field: shown(error.message)}) from None
    fields = dict(zip(CRONTAB_FIELDS, str(cadence).split(), strict=True))
    row = CrontabSchedule.objects.filter(**fields, timezone=timezone).order_by("pk").first()
    if row is None:
        # In bulk, so that upstream does not note a change of schedules: nobody has this one yet.
        (row,) = CrontabSchedule.objects.bulk_create([CrontabSchedule(**fields, timezone=timezone)])
    return row


def move_to_zone(schedule_id: int, timezone: str) -> None:
    """Have a schedule's crontab mean the clocks of another zone, and leave all else as it is."""
    with transaction.atomic():
        before = columns_of(schedule_id)
        (row,) = periodic_rows(pk=schedule_id)
        crontab = crontab_row(crontab_text(row), timezone)
        Schedule.objects.filter(pk=schedule_id).update(crontab=crontab)
        record(schedule_id, before)


def delete(schedule_ids: Iterable[int]) -> None:
    """Delete schedules. Their runs stay."""
    for schedule_id in schedule_ids:
        with transaction.atomic():
            before = columns_of(schedule_id)
            Schedule.objects.filter(pk=schedule_id).delete()
            Policy.objects.filter(pk=schedule_id).delete()
            Brake.objects.filter(pk=schedule_id).delete()
            record(schedule_id, before)
