"""Runs by hand: somebody has a schedule run at once, beside its cadence, one at a time."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from scheduling.agenda.manual import plan_manual
from scheduling.agenda.models import Firing
from scheduling.display import slot_text
from scheduling.models import Run, RunRequest, Schedule
from scheduling.periodic import periodic_rows
from scheduling.retrying import retry_behind
from scheduling.schedules import understood
from tenants.audit.writing import write_difference
from tenants.schema import current_tenant, shared_tables


class UnderWay(NamedTuple):
    """A run by hand that has not ended: when it was asked for and by whom, if that is known."""

    since: datetime
    by: str


@transaction.atomic
def run_now(schedule_id: int, by: str = "") -> Firing:
    """Have a schedule run at once, for somebody who is named.

    Raises ValidationError when its row cannot be read and, with the code `under_way`, until the last
    run that was asked for has ended: the schedule's row is locked, so of many who ask at once one is
    the first, and the others are told of that.
    """
    Schedule.lock(schedule_id)
    (row,) = periodic_rows(pk=schedule_id)
    reading = understood(row)
    if going := run_under_way(schedule_id):
        raise ValidationError(told(going, reading.cadence.zone), code="under_way")
    firing = plan_manual(current_tenant(), schedule_id, reading.entry.name)
    asked = RunRequest(periodic_task_id=schedule_id, slot_at=firing.slot_at, by=by)
    asked.save(force_insert=True)
    write_difference(asked, {}, {"schedule": schedule_id, "by": by})
    return firing


def run_under_way(schedule_id: int) -> UnderWay | None:
    """Return the run by hand of a schedule that has not ended, whether or not a worker has begun it."""
    asked = RunRequest.objects.filter(periodic_task_id=schedule_id)
    since = firing_under_way(schedule_id)
    if since is None and (latest := asked.order_by("-slot_at").first()):
        # One that waits for a decision has nothing in flight.
        slot = {"periodic_task_id": schedule_id, "slot_at": latest.slot_at}
        if Run.objects.filter(**slot, state__in=Run.UNFINISHED).exists():
            since = latest.slot_at
    if since is None:
        return None
    request = asked.filter(slot_at=since).first()
    # A failed run that is tried again takes the same way.
    known = request or retry_behind(schedule_id, since, Run.Trigger.MANUAL)
    return UnderWay(since, known.by if known else "")


def firing_under_way(schedule_id: int) -> datetime | None:
    tenant = current_tenant()
    with shared_tables(tenant):
        by_hand = Firing.objects.in_flight_of([tenant.pk]).filter(trigger=Run.Trigger.MANUAL)
        own = by_hand.filter(periodic_task_id=schedule_id).order_by("slot_at")
        return own.values_list("slot_at", flat=True).first()


def told(going: UnderWay, zone: str) -> str:
    """Say why another run is not to be had."""
    facts = {"by": going.by, "since": slot_text(going.since, zone)}
    if not going.by:
        return _("Not started: a run by hand is under way since %(since)s.") % facts
    return _("Not started: a run asked for by %(by)s is under way since %(since)s.") % facts


def asked_by(run: Run) -> str:
    """Return who asked for a run; empty for one that nobody did, or that nobody noted."""
    if run.trigger != Run.Trigger.MANUAL:
        return ""
    slot = {"periodic_task_id": run.periodic_task_id, "slot_at": run.slot_at}
    request = RunRequest.objects.filter(**slot).first()
    return request.by if request else ""
