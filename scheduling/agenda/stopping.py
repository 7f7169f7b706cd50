"""Stopping firings: the platform's staff ask for it, and a worker does it before its next step."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from scheduling.agenda.clock import ClockTimestamp
from scheduling.agenda.models import Firing
from tenants.audit.writing import write_difference
from tenants.models import Tenant
from tenants.schema import current_schema, shared_tables
from wording.sentences import fixed
from wording.sentences import noop as _

STOPPED_TEXT = fixed(_("Stopped by the platform's staff."))


def request_stop(firing: Firing, now: datetime) -> bool:
    """Ask for the end of a firing; False when it is settled already, or asked for. Repeat at will.

    Whoever has begun it ends before the next step. One that nobody has begun is cancelled as soon
    as a worker comes to it.
    """
    asked = Firing.objects.in_flight().filter(pk=firing.pk, stop_requested_at=None)
    with transaction.atomic():
        if not asked.update(stop_requested_at=now):
            return False
        write_difference(firing, {"stop_requested_at": None}, {"stop_requested_at": now})
    return True


def request_own_stop(periodic_task_id: int, slot_at: datetime) -> None:
    """Ask for the end of a firing of the current tenant, in its role: it may for its own, once."""
    schema_name = current_schema()
    with shared_tables(Tenant(schema_name=schema_name)):
        firings = Firing.objects.in_flight().filter(stop_requested_at=None, slot_at=slot_at)
        own = firings.filter(tenant__schema_name=schema_name, periodic_task_id=periodic_task_id)
        own.exclude(released=False).update(stop_requested_at=ClockTimestamp())


def hasten_stopped(now: datetime) -> int:
    """Have workers come at once to what waits for a retry or for another run, and is to be stopped.

    Return to how many. What waits for its tenant's repair goes on waiting: there is no writing the
    run.
    """
    waiting = Q(waits=True) | Q(publish_at__gt=now)
    stopped = Firing.objects.filter(
        waiting, state=Firing.State.PLANNED, stop_requested_at__isnull=False
    )
    return stopped.exclude(tenant__index__halted_until__gt=now).update(publish_at=now, waits=False)
