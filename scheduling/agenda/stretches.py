"""Cutting short what was said of many slots in one, when the clock was set back amid them.

While it was ahead, slots were written down as missed, paused or the like that are yet to come. They
come, so the stretch ends before them: a slot has one state.
"""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import F

from scheduling.agenda.models import Firing, ScheduleVersion
from scheduling.agenda.taking import INSTANT
from scheduling.cadence import Stretch
from scheduling.catalogue import TENANT_QUEUE
from scheduling.periodic import Unreadable


def cut_stretches(now: datetime) -> int:
    """Have every stretch end by `now`, and a worker write that down; return how many were cut.

    The first slot of each stays in it, also if it is yet to come: the stretch has its id.
    """
    beyond = Firing.objects.stretching_beyond(now)
    cut = write_again(beyond.filter(slot_at__gt=now), now, last_slot_at=F("slot_at"), slots=1)
    for firing in beyond.filter(slot_at__lte=now).iterator():
        left = until_now(firing, now)
        if left:
            own = Firing.objects.filter(pk=firing.pk, slot_at=firing.slot_at)
            cut += write_again(own, now, last_slot_at=left.last_at, slots=left.count)
    return cut


def until_now(firing: Firing, now: datetime) -> Stretch | None:
    """Return what is left of a stretch that began before `now`; None where nobody can tell any more."""
    version = ScheduleVersion.objects.at(firing.slot_at).filter(
        tenant=firing.tenant_id, periodic_task_id=firing.periodic_task_id
    )
    found = version.select_related("tenant").last()
    if found is None:
        return None
    try:
        return found.reading().cadence.stretch(firing.slot_at - INSTANT, now)
    except Unreadable:
        return None


def write_again(firings: models.QuerySet[Firing], now: datetime, **changes: Any) -> int:
    """Change firings with a verdict, and have them go to a worker again who writes it down."""
    again = {"state": Firing.State.PLANNED, "publish_at": now, "leased_until": None}
    # The platform has no runs of its own, so its verdicts are settled when they are written.
    changed = firings.exclude(queue=TENANT_QUEUE).update(**changes)
    return changed + firings.filter(queue=TENANT_QUEUE).update(**changes, **again)
