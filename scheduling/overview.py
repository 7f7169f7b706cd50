"""What schedules there are, when each fires next, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from django.db import DatabaseError, transaction
from django.db.models import OuterRef, Subquery
from django_celery_beat.models import PeriodicTask
from django_tenants.utils import tenant_context

from scheduling.agenda.limits import allowance_in
from scheduling.agenda.models import DueSlot
from scheduling.catalogue import catalogue_of
from scheduling.models import Pause, Run, Schedule
from scheduling.periodic import (
    LEAST_SECONDS,
    Row,
    Unreadable,
    cadence_fingerprint,
    cadence_of,
    crontab_text,
    periodic_rows,
    read,
)
from scheduling.plain import error_text, plain
from scheduling.problems import beyond
from tenants.models import Tenant
from tenants.schema import shared_tables


class PauseRow(TypedDict):
    by: str
    since: datetime
    until: datetime | None
    reason: str


class ScheduleRow(TypedDict):
    """One line of `schedules`. Times are aware and in UTC; `problem` is None where all is well.

    `next_at` is when the schedule fires next.
    """

    tenant: str
    name: str
    task: str
    kind: str | None
    schedule: str | None
    timezone: str | None
    enabled: bool
    next_at: datetime | None
    last_state: str | None
    problem: str | None
    #: Only of a schedule with a spread: `next_at` is when the slot fires, this is the slot.
    slot_at: NotRequired[datetime | None]
    spread_minutes: NotRequired[int]
    #: Only of one that is paused, where more than that is known.
    pause: NotRequired[PauseRow]


def schedules_of(tenants: Iterable[Tenant], now: datetime) -> list[ScheduleRow]:
    """Return the schedules of these tenants by next slot, those without one last."""
    rows = [row for tenant in tenants for row in tenant_schedules(tenant, now)]
    return sorted(rows, key=lambda row: (row["next_at"] is None, row["next_at"], row["tenant"]))


def tenant_schedules(
    tenant: Tenant, now: datetime, known: Iterable[Row] | None = None, **lookup: Any
) -> list[ScheduleRow]:
    """Return one tenant's schedules; one line with the problem when its tables cannot be read.

    Of rows that are known already, they are not read again.
    """
    allowance = allowance_in(tenant.schema_name)
    try:
        with transaction.atomic(), tenant_context(tenant):
            rows = periodic_rows(**lookup) if known is None else [{**row} for row in known]
            slots, states = slots_of(tenant), last_states()
            pauses = pauses_of(rows)
    except DatabaseError as error:
        return [blank(tenant) | {"problem": plain(f"the tables cannot be read: {error}")}]
    told = []
    # Beat leaves aside those after the first so many.
    surplus = set(sorted(states)[allowance.schedules_maximum :])
    for row in rows:
        row[LEAST_SECONDS] = allowance.least_interval.total_seconds()
        pause = pauses.get(row["id"])
        # A pause that ended by itself is over, although a worker has yet to write that.
        row["enabled"] = row["enabled"] or (pause is not None and pause.is_over(now))
        line = describe(tenant, row, slots.get(row["id"]), now)
        if pause and not row["enabled"]:
            line["pause"] = pause_row(pause)
        if row["id"] in surplus:
            line |= {"next_at": None, "problem": f"limit: {beyond(allowance.schedules_maximum)}"}
        told.append(line | {"last_state": states.get(row["id"])})
    return told


def overview_of(schedule: Schedule) -> ScheduleRow | dict[str, Any]:
    """Return the line that a schedule was given as `overview`, or an empty one."""
    return getattr(schedule, "overview", None) or {}


def row_of(schedule: Schedule) -> Row:
    """Return a stored schedule's row; one that was given its `row` is not asked for it again."""
    given: Row | None = getattr(schedule, "row", None)
    return given or periodic_rows(pk=schedule.pk)[0]


def pauses_of(rows: Iterable[Row]) -> dict[int, Pause]:
    """Return what is known of the pauses of these schedules of the current schema."""
    paused = [row["id"] for row in rows if not row["enabled"]]
    return Pause.objects.in_bulk(paused) if paused else {}


def pause_row(pause: Pause) -> PauseRow:
    return PauseRow(by=pause.by, since=pause.paused_at, until=pause.until_at, reason=pause.reason)


def next_if_enabled(tenant: Tenant, schedule_id: int, now: datetime) -> datetime | None:
    """Return when a schedule of the current schema would fire next; None if it would not."""
    for row in periodic_rows(pk=schedule_id):
        try:
            read(row, catalogue_of(tenant.schema_name), anchor_at=now)
            return upcoming(tenant, row, None, now).due_at
        except Exception:  # whatever has beat set it aside; its page says what
            return None
    return None


def slots_of(tenant: Tenant) -> dict[int, DueSlot]:
    with shared_tables(tenant):
        return {slot.periodic_task_id: slot for slot in DueSlot.objects.of(tenant)}


def last_states() -> dict[int, str]:
    """Return the state of the newest run of every periodic task of the current schema."""
    newest = Run.objects.filter(periodic_task_id=OuterRef("pk")).order_by("-slot_at")
    schedules = PeriodicTask.objects.annotate(last_state=Subquery(newest.values("state")[:1]))
    return dict(schedules.values_list("pk", "last_state"))


def blank(tenant: Tenant, name: str = "", task: str = "", *, enabled: bool = False) -> ScheduleRow:
    return ScheduleRow(
        tenant=tenant.slug,
        name=name,
        task=task,
        kind=None,
        schedule=None,
        timezone=None,
        enabled=enabled,
        next_at=None,
        last_state=None,
        problem=None,
    )


def describe(tenant: Tenant, row: Row, slot: DueSlot | None, now: datetime) -> ScheduleRow:
    described = blank(tenant, row["name"], row["task"], enabled=row["enabled"])
    if row["crontab_id"] is not None:
        # Shown as written even when it cannot be read, for that is what has to be put right.
        text = crontab_text(row)
        described |= {"kind": "crontab", "schedule": text, "timezone": row["zone"]}
    try:
        cadence = cadence_of(row, anchor_at=now)
        described |= {
            "kind": cadence.kind,
            "schedule": str(cadence),
            "timezone": cadence.zone,
        }
        read(row, catalogue_of(tenant.schema_name), anchor_at=now)
    except Exception as error:  # what beat sets aside for any reason is shown with that reason
        described["problem"] = plain(error) if isinstance(error, Unreadable) else error_text(error)
        return described
    if row["enabled"] and tenant.is_active:
        next_slot = upcoming(tenant, row, slot, now)
        described["next_at"] = next_slot.due_at
        described["problem"] = (slot and slot.problem) or None
        if next_slot.policies.spread_minutes:
            described["slot_at"] = next_slot.slot_at
            described["spread_minutes"] = next_slot.policies.spread_minutes
    return described


def upcoming(tenant: Tenant, row: Row, slot: DueSlot | None, now: datetime) -> DueSlot:
    """Return what beat will do; before beat has read a change, what it will make of it."""
    if slot and slot.fingerprint == cadence_fingerprint(row):
        return slot
    cadence = cadence_of(row, anchor_at=now)
    made = DueSlot(
        tenant_id=tenant.pk,
        periodic_task_id=row["id"],
        cadence=cadence.to_json(),
        chosen=row["policies"],
        one_off=row["one_off"] or cadence.kind == "clocked",
    )
    made.move_to(cadence.next_after(now))
    return made
