"""Deciding about runs that are held: each once, by whoever of a tenant's people comes first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import OperationalError, transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop
from psycopg2.errors import LockNotAvailable

from scheduling.agenda.clock import database_now
from scheduling.agenda.holding import release_own
from scheduling.agenda.reindex import limit_waiting
from scheduling.catalogue import Entry, tenant_catalogue
from scheduling.ending import finish
from scheduling.models import Hold, Run, Schedule
from tenants.audit.writing import write_difference
from wording.sentences import Sentence

#: For so long a page waits for a worker, or for somebody else who decides.
WAIT_MILLISECONDS = 2_000

DISMISSED_TEXT = Sentence(
    gettext_noop("It would have closed unusually many, and %(by)s dismissed it.")
)

NOT_HELD = _("This run does not wait for approval.")
OVER = {
    Hold.Decision.APPROVED: _("This run was approved already, by %(by)s."),
    Hold.Decision.DISMISSED: _("This run was dismissed already, by %(by)s."),
    Hold.Decision.EXPIRED: _("Too late: nobody decided in time, and the run was skipped."),
    "": _("This run is not held any more: it was ended otherwise."),
}
LATE = _("Too late: nobody decided in time, and the run is about to be skipped.")
GONE = _("Its schedule was deleted or given another task: the run can only be dismissed.")
MORE = _("It would close more by now than you were shown: look at the figures once more.")
#: Of more a page does not say how many there are; whoever approves them approves all.
COUNTED_MAXIMUM = 100_000
BUSY = _("Somebody is at this run just now: try again in a moment.")


def approve(run_id: int, by: str, seen: int) -> Run:
    """Let a held run go on, as of its slot and with the parameters with which it was held.

    `seen` is how much whoever approves was told it would do, or more than is counted. Raises
    ValidationError, with nothing done, when there is nothing to approve or not any more, and when it
    would be more by now.
    """
    with deciding(run_id) as run:
        entry = entry_of(run)
        if entry is None or entry.brake is None:
            raise ValidationError(GONE, code="gone")
        is_told = seen <= COUNTED_MAXIMUM
        if is_told and entry.brake.exceeds(entry.parameters(run.parameters), run.slot_at, seen):
            raise ValidationError(MORE, code="more")
        note(run, Hold.Decision.APPROVED, by)
        Hold.objects.end(run.pk)
        Run.objects.filter(pk=run.pk).update(state=Run.State.RUNNING, error="")
        tell(run, run.error, Run.State.RUNNING, "")
    return run


def dismiss(run_id: int, by: str) -> Run:
    """Skip a held run. Raises ValidationError, with nothing done, when it is not held (any more)."""
    with deciding(run_id) as run:
        note(run, Hold.Decision.DISMISSED, by)
        reason = DISMISSED_TEXT(by=by)
        held_for = run.error
        finish(run, Run.State.SKIPPED, reason)
        tell(run, held_for, Run.State.SKIPPED, reason)
    return run


@contextmanager
def deciding(run_id: int) -> Iterator[Run]:
    """Lock a held run for a decision, in one transaction with what comes of it."""
    refuse_unless_held(run_id)
    try:
        with transaction.atomic():
            limit_waiting(WAIT_MILLISECONDS)
            run = Run.objects.select_for_update().get(pk=run_id)
            refuse_unless_held(run_id)
            yield run
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
        raise ValidationError(BUSY, code="busy") from error


def refuse_unless_held(run_id: int) -> None:
    """Raise ValidationError with what became of a run about which there is nothing to decide."""
    hold = Hold.objects.filter(pk=run_id).first()
    if hold is None:
        raise ValidationError(NOT_HELD, code="never held")
    if hold.ended_at:
        raise ValidationError(OVER[hold.decision], code="over", params={"by": hold.by})
    if hold.expires_at <= database_now():
        raise ValidationError(LATE, code="late")


def entry_of(run: Run) -> Entry | None:
    """Return the task of a run, if its schedule is still there and of that task."""
    is_there = Schedule.objects.filter(pk=run.periodic_task_id, task=run.task).exists()
    return tenant_catalogue().get(run.task) if is_there else None


def note(run: Run, decision: str, by: str) -> None:
    Hold.objects.filter(pk=run.pk).update(decision=decision, by=by)


def tell(run: Run, held_for: str, state: str, reason: str) -> None:
    """Have a worker come to the run, and the audit log know who decided."""
    release_own(run.periodic_task_id, run.slot_at)
    before: dict[str, Any] = {"state": Run.State.HELD.value, "error": held_for}
    write_difference(run, before, {"state": str(state), "error": reason})
