"""Trying a failed run again: once, for the same slot, as a run by hand."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from scheduling.agenda.manual import plan_manual
from scheduling.agenda.models import Firing
from scheduling.models import Retry, Run
from scheduling.periodic import Reading, periodic_rows
from scheduling.schedules import understood
from tenants.audit.writing import write_difference
from tenants.schema import current_tenant


def retry(run: Run, by: str) -> Retry:
    """Have a failed run of the current tenant tried again at once, for somebody who is named.

    With the schedule's parameters as they are now, as all retries are. Raises ValidationError, with
    nothing done, when the run has not failed, was tried again already or cannot be any more. Of two
    who ask at once the database lets one.
    """
    if run.state != Run.State.FAILED:
        raise ValidationError(_("Only a run that has failed can be tried again."))
    refuse_repeat(run)
    reading = reading_of(run)
    try:
        with transaction.atomic():
            firing = plan_manual(current_tenant(), run.periodic_task_id, reading.entry.name)
            return note(run, firing, by)
    except IntegrityError:
        refuse_repeat(run)
        raise


def note(run: Run, firing: Firing, by: str) -> Retry:
    noted = Retry(
        run_id=run.pk,
        periodic_task_id=run.periodic_task_id,
        slot_at=firing.slot_at,
        told_slot_at=told_slot(run),
        by=by,
    )
    noted.save(force_insert=True)
    write_difference(noted, {}, {"run": str(run), "by": by})
    return noted


def refuse_repeat(run: Run) -> None:
    if earlier := Retry.objects.filter(pk=run.pk).first():
        text = _("This run was tried again already, by %(by)s.") % {"by": earlier.by}
        raise ValidationError(text, code="retried")


def reading_of(run: Run) -> Reading:
    """Understand the schedule of a run; raises ValidationError when it is not there to be run."""
    rows = periodic_rows(pk=run.periodic_task_id)
    if not rows:
        raise ValidationError(_("The schedule was deleted: its runs cannot be tried again."))
    reading = understood(rows[0])
    if reading.entry.name != run.task:
        raise ValidationError(_("The schedule was given another task since."))
    return reading


def retry_behind(periodic_task_id: int, slot_at: datetime, trigger: str) -> Retry | None:
    """Return the retry that a run or firing is of; costs a query where somebody asked for it."""
    if trigger not in Run.BY_HAND:
        return None
    return Retry.objects.filter(periodic_task_id=periodic_task_id, slot_at=slot_at).first()


def told_slot(of: Run | Firing) -> datetime:
    """Return the slot that the task of a run or firing is told: of a retry, the one that had failed."""
    retry = retry_behind(of.periodic_task_id, of.slot_at, of.trigger)
    return retry.told_slot_at if retry else of.slot_at
