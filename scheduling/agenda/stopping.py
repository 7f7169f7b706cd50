"""Stopping firings: the platform's staff ask for it, and a worker does it before its next step."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from scheduling.agenda.models import Firing
from tenants.audit.writing import write_difference

STOPPED_TEXT = "Stopped by the platform's staff."


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
