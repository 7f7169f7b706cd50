"""What of a tenant's schedules and runs somebody should look at, and where it is put right."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from django.db.models import OuterRef, QuerySet, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _

from scheduling.agenda.models import Alarm
from scheduling.display import slot_text
from scheduling.models import Run, Schedule
from scheduling.overview import ScheduleRow
from scheduling.telling import reason
from scheduling.tenant_zone import Question
from scheduling.zones import Named, viewers_zone
from tenants.models import Tenant
from tenants.schema import shared_tables
from wording.showing import shown

#: Of the runs that are held so many are named, the newest.
HELD_MAXIMUM = 10


class Attention(NamedTuple):
    text: str
    link: str


def attention_of(
    tenant: Tenant,
    rows: Iterable[ScheduleRow],
    named: Mapping[int, Named],
    asked: Question | None = None,
) -> list[Attention]:
    """Return what needs somebody, the most urgent first, with the same few queries for any number.

    Last comes what is `asked` because of the tenant's time zone.
    """
    failed = list(failed_last())
    return [
        *(tell_held(run, named) for run in Run.objects.held()[:HELD_MAXIMUM]),
        *tell_alarms(tenant, named, {run.periodic_task_id for run in failed}),
        *(tell_failed(run, named) for run in failed),
        *tell_problems(rows, named),
        *([tell_question(asked)] if asked else []),
    ]


def failed_last() -> QuerySet[Run]:
    """Return the newest runs of schedules, where those have failed."""
    newest = Run.objects.filter(periodic_task_id=OuterRef("pk")).order_by("-slot_at")
    schedules = Schedule.objects.annotate(newest=Subquery(newest.values("pk")[:1]))
    return Run.objects.filter(pk__in=schedules.values("newest"), state=Run.State.FAILED)


def tell_held(run: Run, named: Mapping[int, Named]) -> Attention:
    text = _("“%(name)s” of %(slot)s is held: approve or dismiss it.")
    return Attention(text % facts(run, named), run_page(run.pk))


def tell_failed(run: Run, named: Mapping[int, Named]) -> Attention:
    text = _("“%(name)s” of %(slot)s failed: %(reason)s")
    return Attention(text % facts(run, named), run_page(run.pk))


def tell_alarms(
    tenant: Tenant, named: Mapping[int, Named], told: Collection[int]
) -> Iterator[Attention]:
    """Yield the runs that are missed; of one that failed its run has told already."""
    with shared_tables(tenant):
        alarms = list(Alarm.objects.of(tenant).open().order_by("slot_at"))
    for alarm in alarms:
        if alarm.reason == Alarm.Reason.FAILED and alarm.periodic_task_id in told:
            continue
        text = _("“%(name)s” should have run for %(slot)s: %(reason)s.") % {
            "name": alarm.name,
            "slot": slot_text(alarm.slot_at, zone_in(named, alarm.periodic_task_id)),
            "reason": alarm.get_reason_display(),
        }
        yield Attention(text, schedule_page(alarm.periodic_task_id, named))


def tell_problems(rows: Iterable[ScheduleRow], named: Mapping[int, Named]) -> Iterator[Attention]:
    keys = {one.name: pk for pk, one in named.items()}
    for row in rows:
        if row["problem"]:
            text = _("“%(name)s” does not run: %(problem)s")
            given = {"name": row["name"], "problem": shown(row["problem"])}
            yield Attention(text % given, schedule_page(keys.get(row["name"]), named))


def tell_question(asked: Question) -> Attention:
    text = _(
        "The business time zone was %(old)s and is %(new)s now, and some schedules still go by the "
        "old clocks."
    )
    given = {"old": asked.old, "new": asked.new}
    return Attention(text % given, reverse("admin:scheduling_schedule_zone"))


def facts(run: Run, named: Mapping[int, Named]) -> dict[str, str | None]:
    slot = slot_text(run.slot_at, zone_in(named, run.periodic_task_id))
    return {"name": run.name, "slot": slot, "reason": reason(run.error)}


def zone_in(named: Mapping[int, Named], periodic_task_id: int) -> str:
    """Return a schedule's zone, else the viewer's."""
    one = named.get(periodic_task_id)
    return (one and one.zone) or viewers_zone()


def run_page(pk: int) -> str:
    return reverse("admin:scheduling_run_change", args=[pk])


def schedule_page(pk: int | None, named: Mapping[int, Named]) -> str:
    """Return the page of a schedule, or of all when it is not there any more."""
    if pk not in named:
        return reverse("admin:scheduling_schedule_changelist")
    return reverse("admin:scheduling_schedule_change", args=[pk])
