"""Keeping to one state for each slot where many are spoken of in one, and the clock was set back.

While it was ahead, slots were written down as missed, paused or the like that are yet to come. They
come, so the stretch ends before them. Others fired while it was ahead: what is said of many slots
later leaves them out.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, models
from django.db.models import F

from scheduling.agenda.firings import Firing, slot_id
from scheduling.agenda.models import ScheduleVersion
from scheduling.agenda.planned import Planned
from scheduling.agenda.taking import INSTANT
from scheduling.cadence import Cadence, Stretch
from scheduling.catalogue import TENANT_QUEUE
from scheduling.periodic import Unreadable


class Taken(NamedTuple):
    """Slots that have a firing: one, or a stretch of them."""

    first_at: datetime
    last_at: datetime


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
    cadence = named_by(firing)
    return cadence.stretch(firing.slot_at - INSTANT, now) if cadence else None


def named_by(firing: Firing | Planned) -> Cadence | None:
    """Return the cadence that named a firing's slot; None where nobody can tell any more."""
    version = ScheduleVersion.objects.at(firing.slot_at).filter(
        tenant=firing.tenant_id, periodic_task_id=firing.periodic_task_id
    )
    found = version.select_related("tenant").last()
    try:
        return found.reading().cadence if found else None
    except Unreadable:
        return None


def write_again(firings: models.QuerySet[Firing], now: datetime, **changes: Any) -> int:
    """Change firings with a verdict, and have them go to a worker again who writes it down."""
    again = {"state": Firing.State.PLANNED, "publish_at": now, "leased_until": None}
    # The platform has no runs of its own, so its verdicts are settled when they are written.
    changed = firings.exclude(queue=TENANT_QUEUE).update(**changes)
    return changed + firings.filter(queue=TENANT_QUEUE).update(**changes, **again)


def leave_out_taken(firings: Iterable[Planned]) -> list[Planned]:
    """Split what speaks of many slots around those that have a firing already."""
    whole = list(firings)
    taken = taken_within([firing for firing in whole if firing.slots > 1])
    return [piece for firing in whole for piece in pieces(firing, taken[firing.id])]


def taken_within(stretches: Sequence[Planned]) -> dict[str, list[Taken]]:
    """Return per stretch what slots amid it have a firing, in order, each as its first and last."""
    taken: dict[str, list[Taken]] = defaultdict(list)
    if not stretches:
        return taken
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT stretch.id::text, firing.slot_at, coalesce(firing.last_slot_at, firing.slot_at)
            FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::timestamptz[], %s::timestamptz[])
                AS stretch (id, tenant_id, periodic_task_id, first_at, last_at)
            JOIN agenda_firing AS firing USING (tenant_id, periodic_task_id)
            WHERE firing.slot_at BETWEEN stretch.first_at AND stretch.last_at
                AND firing.trigger <> 'manual'
            ORDER BY firing.slot_at
            """,
            [
                [stretch.id for stretch in stretches],
                [stretch.tenant_id for stretch in stretches],
                [stretch.periodic_task_id for stretch in stretches],
                [stretch.slot_at for stretch in stretches],
                [stretch.last_slot_at for stretch in stretches],
            ],
        )
        for pk, first_at, last_at in cursor:
            taken[pk].append(Taken(first_at, last_at))
    return taken


def pieces(firing: Planned, taken: Sequence[Taken]) -> Iterator[Planned]:
    """Yield a firing, or what is left of its stretch between slots that others have."""
    cadence = named_by(firing) if taken else None
    if cadence is None or firing.last_slot_at is None:
        yield firing
        return
    after = firing.slot_at - INSTANT
    end = Taken(firing.last_slot_at + INSTANT, firing.last_slot_at)
    for other in (*taken, end):
        between = cadence.stretch(after, other.first_at - INSTANT)
        after = max(after, other.last_at)
        if between:
            yield piece_of(firing, between)


def piece_of(firing: Planned, stretch: Stretch) -> Planned:
    piece = copy(firing)
    piece.id = slot_id(firing.tenant_id, firing.periodic_task_id, stretch.first_at)
    piece.slot_at, piece.last_slot_at = stretch.first_at, stretch.last_at
    piece.slots = stretch.count
    return piece
