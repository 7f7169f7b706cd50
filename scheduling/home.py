"""What the first page of a tenant's site says of its schedules and runs: is all well?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from scheduling.attention import Attention, attention_of, zone_in
from scheduling.catalogue import ParametersError, tenant_catalogue
from scheduling.display import slot_text
from scheduling.models import Run, Schedule
from scheduling.month import Month, month_until
from scheduling.overview import ScheduleRow, tenant_schedules
from scheduling.relative import ago_text, relative_text
from scheduling.schedules import parameters_of
from scheduling.telling import badge
from scheduling.tenant_zone import question
from scheduling.zones import Named, named_schedules
from tenants.models import Tenant


class Next(NamedTuple):
    name: str
    at: datetime
    shown: str
    away: str


class Due(NamedTuple):
    """What a schedule would do if it ran now, in the words of its task's preview."""

    what: Any
    name: str
    number: int
    is_least: bool = False
    note: Any = ""


class Figures(NamedTuple):
    """What takes a while to count, and when it was counted."""

    as_of: datetime
    month: Month
    due: list[Due]


@dataclass(frozen=True)
class SchedulesPart:
    """What the page says of schedules and runs, as its template is given it."""

    attention: Sequence[Attention]
    next: Next | None
    has_schedules: bool
    last: dict[str, Any] | None
    figures: Figures
    #: Whose calendar the days are of.
    zone: str
    template: str = "admin/scheduling/home.html"


def part(request: HttpRequest, now: datetime) -> SchedulesPart | None:
    """Return how the tenant's schedules do, for who may see schedules and runs."""
    if not request.user.has_perms(["scheduling.view_schedule", "scheduling.view_run"]):
        return None
    tenant: Tenant = request.tenant  # type: ignore[attr-defined]
    rows, named = tenant_schedules(tenant, now), named_schedules()
    # The page that asks is for those who may answer.
    may_answer = request.user.has_perm("scheduling.change_schedule")
    asked = question(tenant, now) if may_answer else None
    return SchedulesPart(
        attention_of(tenant, rows, named, asked),
        next_of(rows, now),
        bool(rows),
        last_run(named, now),
        figures_of(tenant, rows, now),
        tenant.timezone,
    )


def next_of(rows: Sequence[ScheduleRow], now: datetime) -> Next | None:
    """Return what fires next; a schedule that is paused or set aside has nothing to come."""
    coming = [(row["next_at"], row) for row in rows if row["next_at"]]
    if not coming:
        return None
    at, row = min(coming, key=lambda one: one[0])
    shown = slot_text(at, row["timezone"])
    return Next(row["name"], at, str(shown), relative_text(at, now))


def last_run(named: Mapping[int, Named], now: datetime) -> dict[str, Any] | None:
    """Return the newest run that did anything, and how it is told."""
    run = Run.objects.filter(started_at__isnull=False).first()
    if run is None:
        return None
    return {
        "run": run,
        "badge": badge(run.state),
        "slot": slot_text(run.slot_at, zone_in(named, run.periodic_task_id)),
        "ago": ago_text(run.slot_at, now),
    }


def figures_of(tenant: Tenant, rows: Sequence[ScheduleRow], now: datetime) -> Figures:
    """Return what takes a while to count; it is remembered for a minute, and says of when it is."""
    found: Figures | None = cache.get("home-figures")
    if found is None:
        found = Figures(now, month_until(now, ZoneInfo(tenant.timezone)), due_of(rows, now))
        cache.set("home-figures", found, settings.HOME_REMEMBERED_SECONDS)
    return found


def due_of(rows: Sequence[ScheduleRow], now: datetime) -> list[Due]:
    """Return what would be done now: by the next run of each task that can say so beforehand."""
    catalogue = tenant_catalogue()
    coming = [row for row in rows if row["next_at"]]
    first = {row["task"]: row for row in sorted(coming, key=by_next, reverse=True)}
    names = [row["name"] for task, row in first.items() if catalogue[task].preview]
    schedules = Schedule.objects.filter(name__in=names).defer("start_time", "expires")
    found = [due_now(schedule, now) for schedule in schedules.order_by("pk")]
    return [due for due in found if due]


def by_next(row: ScheduleRow) -> Any:
    return row["next_at"]


def due_now(schedule: Schedule, now: datetime) -> Due | None:
    entry = tenant_catalogue()[schedule.task]
    preview = entry.preview
    try:
        parameters = entry.parameters(parameters_of(schedule))
    except ParametersError:
        return None  # it is set aside, and told as such
    if preview is None:
        return None
    effect = preview.now(parameters, now)
    return Due(preview.what, schedule.name, effect.number, effect.is_least, effect.note)
