"""Writing down what became of slots for which no body runs: missed, skipped, paused and the like."""

from django.db import transaction
from django_tenants.utils import tenant_context

from scheduling.agenda.clock import database_now
from scheduling.agenda.ledger import ATTEMPTS_MAXIMUM, Outcome
from scheduling.agenda.models import Firing
from scheduling.claiming import new_run, prove_path
from scheduling.ending import finish
from scheduling.hindrances import raise_if_not_its_own
from scheduling.models import Run
from scheduling.pausing import end_if_over


def record(firing: Firing) -> Outcome:
    """Write down what became of slots for which no body runs, where there is a table to do so in.

    A firing whose writing every worker died of has its verdict in the ledger alone.
    """
    has_runs = firing.tenant.is_built and not firing.tenant.is_platform
    if has_runs and firing.attempts <= ATTEMPTS_MAXIMUM:
        with tenant_context(firing.tenant):
            return write_verdict(firing)
    return Outcome(firing.verdict, firing.error)


def write_verdict(firing: Firing) -> Outcome:
    """Write down what became of slots for which no body runs. A repeat finds it written.

    Raises OperationalError and Hindered as `perform` does.
    """
    try:
        if firing.verdict == Firing.Verdict.PAUSED:
            end_if_over(firing.periodic_task_id, database_now())
        if not firing.slots:
            return Outcome(firing.verdict, firing.error)
        write_settled_run(firing)
        return outcome_of(firing)
    except Exception as error:
        raise_if_not_its_own(error)
        raise


def outcome_of(firing: Firing) -> Outcome:
    run = Run.objects.get(periodic_task_id=firing.periodic_task_id, slot_at=firing.slot_at)
    return Outcome(run.state, run.error)


def write_settled_run(firing: Firing) -> None:
    with transaction.atomic():
        row = prove_path(firing)
        run = new_run(firing, row.name if row else "")
        run.state, run.error, run.finished_at = firing.verdict, firing.error, database_now()
        run.last_slot_at, run.slots, run.started_at = firing.last_slot_at, firing.slots, None
        Run.objects.bulk_create([run], ignore_conflicts=True)
        slot = {"periodic_task_id": firing.periodic_task_id, "slot_at": firing.slot_at}
        # A stretch that was written down before may be shorter now; see `agenda.stretches`.
        written = Run.objects.filter(**slot, state=firing.verdict)
        written.update(last_slot_at=firing.last_slot_at, slots=firing.slots)
        # A run that beat gave up may have begun before, or be held: it ends here.
        for begun in Run.objects.select_for_update().filter(**slot, state__in=Run.UNFINISHED):
            finish(begun, firing.verdict, firing.error)
