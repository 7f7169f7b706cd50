"""Running a tenant's task for one firing, and writing the Run in one transaction with the effect.

A task's body is a function, or for long work a generator that yields after each batch. Each step is
one transaction together with the progress it made; so a run that dies anywhere is taken up again by
the next delivery of its message, and neither an effect nor a count is lost or doubled.
"""

import inspect
from collections.abc import Generator
from datetime import timedelta
from typing import Any, cast

import structlog
from django.db import DataError, connection, transaction
from django.db.models import F
from django_celery_beat.models import PeriodicTask

from scheduling.agenda import ledger
from scheduling.agenda.clock import ClockTimestamp
from scheduling.agenda.halts import Hindered
from scheduling.agenda.ledger import ATTEMPTS_MAXIMUM, Outcome, Refused
from scheduling.agenda.models import Firing
from scheduling.agenda.stopping import STOPPED_TEXT
from scheduling.catalogue import TENANT_QUEUE, Entry
from scheduling.hindrances import raise_if_not_its_own
from scheduling.models import Run
from scheduling.periodic import Row, Unreadable, chosen_policies, parameters_of, periodic_rows
from scheduling.plain import error_text, plain
from scheduling.policies import Policies

logger = structlog.get_logger(__name__)

#: What a body may ask for by naming it in its signature, beside the tenant's parameters.
SLOT, RUN_ID = "slot", "run_id"

#: Pauses before a run whose body failed is tried again: the first, and the longest.
FIRST_BACK_OFF, LONGEST_BACK_OFF = timedelta(seconds=10), timedelta(hours=1)

Steps = Generator[Any, None, None]


class NotWanted(Exception):
    """After its slot was taken, the schedule was changed so that the run is not wanted any more."""

    def __init__(self, reason: str, state: str = Run.State.CANCELLED) -> None:
        super().__init__(reason)
        self.state = state


def perform(firing: Firing, task: Any) -> Outcome | None:
    """Run `task` for `firing` in the current schema and return how it ended; None to try it again.

    A second call for the same firing finds the run and does not repeat it. An error of the body is
    tried again as often as the schedule's policy says, then the run is failed. An error of the
    connection is raised, to be tried again; so is Hindered, where the schema is what is wrong.
    """
    try:
        steps = begin(firing, task)
        while steps is not None:
            steps = advance(firing, steps)
    except (Refused, Hindered):
        raise
    except Exception as error:
        raise_if_not_its_own(error)
        logger.exception("run raised an error", firing=str(firing.pk))
        return after_error(firing, error)
    return outcome_of(firing)


def outcome_of(firing: Firing) -> Outcome:
    run = Run.objects.get(periodic_task_id=firing.periodic_task_id, slot_at=firing.slot_at)
    return Outcome(run.state, run.error)


def begin(firing: Firing, task: Any) -> Steps | None:
    """Claim the run and take the first step in one transaction; return the rest of the body, if any."""
    with transaction.atomic():
        prove_path(firing)
        run = claim(firing)
        if not run.is_running or is_stopped(run, firing) or is_worn_out(run, firing):
            return None
        try:
            call = arguments(run, task, firing)
        except NotWanted as reason:
            finish(run, reason.state, plain(reason))
            return None
        result = task.run(**call)
        if inspect.isgenerator(result):
            return step(run, cast(Steps, result))
        record(run, result)
        finish(run, Run.State.SUCCEEDED)
        return None


def advance(firing: Firing, steps: Steps) -> Steps | None:
    """Take one more step, unless somebody has ended the run meanwhile or asked for its end."""
    with transaction.atomic():
        run = locked_run(firing)
        if not run.is_running or is_stopped(run, firing):
            return None
        return step(run, steps)


def step(run: Run, steps: Steps) -> Steps | None:
    try:
        record(run, next(steps))
    except StopIteration:
        finish(run, Run.State.SUCCEEDED)
        return None
    return steps


def is_stopped(run: Run, firing: Firing) -> bool:
    """End the run if staff asked for it; the ledger shows a tenant's role its own firings."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT FROM public.agenda_firing WHERE id = %s AND stop_requested_at IS NOT NULL",
            [firing.pk],
        )
        stopped = cursor.rowcount > 0
    if stopped:
        finish(run, Run.State.CANCELLED, STOPPED_TEXT)
    return stopped


def is_worn_out(run: Run, firing: Firing) -> bool:
    """End a run that every worker died of: one more must not try."""
    if firing.attempts <= ATTEMPTS_MAXIMUM:
        return False
    finish(run, Run.State.FAILED, f"The worker died of it {ATTEMPTS_MAXIMUM} times.")
    return True


def after_error(firing: Firing, error: Exception) -> Outcome | None:
    """Count an error of the body: the run is tried again, or failed after the last retry."""
    with transaction.atomic():
        run = claim(firing)
        if not run.is_running:
            return Outcome(run.state, run.error)
        reason = error_text(error)
        if run.retries >= retries_of(firing):
            finish(run, Run.State.FAILED, reason)
            return Outcome(Run.State.FAILED, reason)
        Run.objects.filter(pk=run.pk).update(retries=F("retries") + 1, error=reason)
    ledger.try_again(firing, reason, back_off(run.retries))
    return None


def retries_of(firing: Firing) -> int:
    chosen = chosen_policies([firing.periodic_task_id]).get(firing.periodic_task_id, {})
    return Policies.chosen(chosen).retries


def back_off(retries: int) -> timedelta:
    """Return the pause after so many retries: 10 s, 40 s, 160 s and so on, an hour at most."""
    return min(FIRST_BACK_OFF * 4**retries, LONGEST_BACK_OFF)


def prove_path(firing: Firing) -> None:
    """Ask Postgres itself where unqualified names lead; anything but the tenant's schema is refused."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_schemas(false)")
            path = [name for name in cursor.fetchone()[0] if not name.startswith("pg_temp")]
    except DataError as error:  # what Postgres says of a role that is not there
        raise Hindered(plain(error)) from error
    if not path:
        raise Hindered(f"Schema {firing.tenant.schema_name} is gone, or its role may not use it.")
    if path != [firing.tenant.schema_name]:
        raise Refused(f"the search path is {path}")


def claim(firing: Firing) -> Run:
    """Return the locked run of this firing's slot, writing it first where there is none."""
    Run.objects.bulk_create([new_run(firing)], ignore_conflicts=True)
    return locked_run(firing)


def locked_run(firing: Firing) -> Run:
    slot = {"periodic_task_id": firing.periodic_task_id, "slot_at": firing.slot_at}
    return Run.objects.select_for_update().get(**slot)


def new_run(firing: Firing) -> Run:
    names = PeriodicTask.objects.filter(pk=firing.periodic_task_id).values_list("name", flat=True)
    return Run(
        periodic_task_id=firing.periodic_task_id,
        name=names.first() or firing.task,
        task=firing.task,
        slot_at=firing.slot_at,
        trigger=firing.trigger,
        started_at=firing.started_at,
    )


def arguments(run: Run, task: Any, firing: Firing) -> dict[str, Any]:
    """Return the keyword arguments of the body: the tenant's parameters, validated, and ours.

    Raises NotWanted when there is no such schedule any more, it was paused, or its parameters are
    not allowed.
    """
    row = wanted_row(run, firing)
    try:
        parameters = parameters_of(row, Entry(task, TENANT_QUEUE))
    except Unreadable as error:
        raise NotWanted(str(error)) from error
    Run.objects.filter(pk=run.pk).update(parameters=parameters)
    ours = {SLOT: firing.slot_at, RUN_ID: run.pk}
    wanted = inspect.signature(task.run).parameters
    return parameters | {name: value for name, value in ours.items() if name in wanted}


def wanted_row(run: Run, firing: Firing) -> Row:
    """Return the schedule's row, if it still asks for what its slot was taken for.

    A run that is begun goes on when its schedule is paused, also in another worker.
    """
    rows = periodic_rows(pk=firing.periodic_task_id)
    if not rows or rows[0]["task"] != firing.task:
        raise NotWanted("The schedule was deleted or given another task after this slot was taken.")
    is_new = firing.attempts <= 1 and not run.retries and firing.trigger != Run.Trigger.MANUAL
    if is_new and not rows[0]["enabled"]:
        raise NotWanted("The schedule was paused after this slot was taken.", Run.State.PAUSED)
    return rows[0]


def record(run: Run, progress: Any) -> None:
    """Add what a step reports: anything with `examined` and `closed` counts, or nothing."""
    Run.objects.filter(pk=run.pk).update(
        examined=F("examined") + getattr(progress, "examined", 0),
        closed=F("closed") + getattr(progress, "closed", 0),
    )


def finish(run: Run, state: str, error: str = "") -> None:
    """End the run, and tell the periodic task if it ran, in the transaction of the last step."""
    Run.objects.filter(pk=run.pk).update(state=state, error=error, finished_at=ClockTimestamp())
    if state not in {Run.State.SUCCEEDED, Run.State.FAILED}:
        return
    periodic_task = PeriodicTask.objects.filter(pk=run.periodic_task_id)
    periodic_task.update(last_run_at=run.started_at, total_run_count=F("total_run_count") + 1)
    if run.trigger != Run.Trigger.MANUAL:
        periodic_task.filter(one_off=True).update(enabled=False)
