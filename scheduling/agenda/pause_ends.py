"""Pauses that end by themselves: what passed in them is settled, and a worker hears of it."""

from datetime import datetime

from django.db import transaction

from scheduling.agenda.due_slots import DueSlot
from scheduling.agenda.models import ScheduleChange

BATCH = 1_000


def tell_ended_pauses(now: datetime, limit: int = BATCH) -> int:
    """Mark the schemas of schedules whose pause has come to its end, once each; return how many.

    Their slots fire without that, as they are due already. Reindexing writes down those that passed
    in the pause, and has a worker enable the row.
    """
    with transaction.atomic():
        slots = DueSlot.objects.paused_until(now, limit).select_for_update(
            skip_locked=True, of=("self",)
        )
        ended = dict(slots.values_list("pk", "tenant__schema_name"))
        DueSlot.objects.filter(pk__in=ended).update(pause_ends_at=None)
        ScheduleChange.objects.bulk_create(
            ScheduleChange(schema_name=schema_name, changed_at=now)
            for schema_name in sorted(set(ended.values()))
        )
    return len(ended)
