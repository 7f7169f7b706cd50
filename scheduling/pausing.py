"""Pausing a schedule, and what ends a pause: somebody, or the date that was set."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from scheduling.agenda.clock import database_now
from scheduling.history import columns_of, record
from scheduling.models import Pause, Schedule
from tenants.audit.authors import author

#: A pause for longer is one without an end.
LONGEST_DAYS = 5 * 365


@transaction.atomic
def pause(schedule_id: int, reason: str = "", until: datetime | None = None) -> None:
    """Pause a schedule, or say anew why it is paused and until when.

    Slots before `until` never fire, the first at or after it does. Raises ValidationError when the
    schedule was deleted and, keyed by field, for an end that is no time to come.
    """
    Schedule.lock(schedule_id)
    refuse_odd_end(until)
    before = columns_of(schedule_id)
    Schedule.objects.filter(pk=schedule_id).update(enabled=False)
    note(schedule_id, reason, until)
    record(schedule_id, before)


@transaction.atomic
def resume(schedule_id: int) -> None:
    """Have a schedule go on with its next slot. Nothing that passed in the pause fires."""
    Schedule.lock(schedule_id)
    before = columns_of(schedule_id)
    # A trigger deletes what is known of the pause.
    Schedule.objects.filter(pk=schedule_id).update(enabled=True)
    record(schedule_id, before)


@transaction.atomic
def end_if_over(schedule_id: int, now: datetime) -> bool:
    """Enable a schedule whose pause has come to its end; return whether it had. A repeat finds none.

    For workers. What fires does not depend on it: beat knows the end since the pause began.
    """
    pauses = Pause.objects.filter(pk=schedule_id, until_at__lte=now)
    # Seldom; and the schedule is locked before its pause, as by whoever pauses it.
    if not pauses.exists():
        return False
    Schedule.lock(schedule_id)
    if not pauses.exists():
        return False
    resume(schedule_id)
    return True


def note(schedule_id: int, reason: str = "", until: datetime | None = None) -> None:
    """Write down who paused a schedule, and what else is known of it; since when stays as it was."""
    known = Pause.objects.filter(pk=schedule_id).first()
    now = database_now()
    is_new = known is None or known.is_over(now)
    Pause(
        periodic_task_id=schedule_id,
        by=author().actor or author().via,
        paused_at=now if known is None or is_new else known.paused_at,
        until_at=until,
        reason=reason,
    ).save()


def refuse_odd_end(until: datetime | None) -> None:
    if until is None:
        return
    now = database_now()
    if until <= now:
        raise ValidationError({"until": _("This time is past: choose one that is yet to come.")})
    if until > now + timedelta(days=LONGEST_DAYS):
        text = _(
            "This is more than %(years)s years away: leave it empty for a pause without an end."
        )
        raise ValidationError({"until": text % {"years": LONGEST_DAYS // 365}})
