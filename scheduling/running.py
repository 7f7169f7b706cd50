"""Running a tenant's task for one firing, and writing the Run in one transaction with the effect.

A task's body is a function, or for long work a generator that yields after each batch. Each step is
one transaction together with the progress it made; so a run that dies anywhere is taken up again by
the next delivery of its message, and neither an effect nor a count is lost or doubled.
"""

import inspect
from collections.abc import Generator
from typing import Any, cast

import structlog
from django.db import OperationalError, connection, transaction
from django.db.models import F
from django_celery_beat.models import PeriodicTask

from scheduling.agenda.clock import ClockTimestamp
from scheduling.agenda.ledger import Outcome, Refused
from scheduling.agenda.models import Firing
from scheduling.catalogue import TENANT_QUEUE, Entry
from scheduling.models import Run
from scheduling.periodic import Unreadable, parameters_of, periodic_rows
from scheduling.plain import error_text, plain

logger = structlog.get_logger(__name__)

#: What a body may ask for by naming it in its signature, beside the tenant's parameters.
SLOT, RUN_ID = "slot", "run_id"

Steps = Generator[Any, None, None]


class ScheduleGone(Exception):
    """The schedule was deleted, or is of another task now, after its slot was taken."""


def perform(firing: Firing, task: Any) -> Outcome:
    """Run `task` for `firing` in the current schema and return how it ended.

    A second call for the same firing finds the run and does not repeat it. An error of the body
    makes the run failed; an error of the connection is raised, to be tried again.
    """
    try:
        steps = begin(firing, task)
        while steps is not None:
            steps = advance(firing, steps)
    except Refused:
        raise
    except Exception as error:
        if not connection.is_usable():
            raise OperationalError(f"Postgres went away: {error}") from error
        logger.exception("run failed", firing=str(firing.pk))
        fail(firing, error)
    run = Run.objects.get(periodic_task_id=firing.periodic_task_id, slot_at=firing.slot_at)
    return Outcome(run.state, run.error)


def begin(firing: Firing, task: Any) -> Steps | None:
    """Claim the run and take the first step in one transaction; return the rest of the body, if any."""
    with transaction.atomic():
        prove_path(firing)
        run = claim(firing)
        if not run.is_running:
            return None
        try:
            call = arguments(run, task, firing)
        except (ScheduleGone, Unreadable) as error:
            finish(run, Run.State.CANCELLED, plain(error))
            return None
        result = task.run(**call)
        if inspect.isgenerator(result):
            return step(run, cast(Steps, result))
        record(run, result)
        finish(run, Run.State.SUCCEEDED)
        return None


def advance(firing: Firing, steps: Steps) -> Steps | None:
    """Take one more step, unless somebody else has ended the run meanwhile."""
    with transaction.atomic():
        run = locked_run(firing)
        return step(run, steps) if run.is_running else None


def step(run: Run, steps: Steps) -> Steps | None:
    try:
        record(run, next(steps))
    except StopIteration:
        finish(run, Run.State.SUCCEEDED)
        return None
    return steps


def fail(firing: Firing, error: Exception) -> None:
    with transaction.atomic():
        run = claim(firing)
        if run.is_running:
            finish(run, Run.State.FAILED, error_text(error))


def prove_path(firing: Firing) -> None:
    """Ask Postgres itself where unqualified names lead; anything but the tenant's schema is refused."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schemas(false)")
        path = [name for name in cursor.fetchone()[0] if not name.startswith("pg_temp")]
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

    Raises ScheduleGone when there is no such schedule any more, and Unreadable when its parameters
    are not allowed.
    """
    rows = periodic_rows(pk=firing.periodic_task_id)
    if not rows or rows[0]["task"] != firing.task:
        raise ScheduleGone(
            "The schedule was deleted or given another task after this slot was taken."
        )
    parameters = parameters_of(rows[0], Entry(task, TENANT_QUEUE))
    Run.objects.filter(pk=run.pk).update(parameters=parameters)
    ours = {SLOT: firing.slot_at, RUN_ID: run.pk}
    wanted = inspect.signature(task.run).parameters
    return parameters | {name: value for name, value in ours.items() if name in wanted}


def record(run: Run, progress: Any) -> None:
    """Add what a step reports: anything with `examined` and `closed` counts, or nothing."""
    Run.objects.filter(pk=run.pk).update(
        examined=F("examined") + getattr(progress, "examined", 0),
        closed=F("closed") + getattr(progress, "closed", 0),
    )


def finish(run: Run, state: str, error: str = "") -> None:
    """End the run, and tell the periodic task if it ran, in the transaction of the last step."""
    Run.objects.filter(pk=run.pk).update(state=state, error=error, finished_at=ClockTimestamp())
    if state == Run.State.CANCELLED:
        return
    periodic_task = PeriodicTask.objects.filter(pk=run.periodic_task_id)
    periodic_task.update(last_run_at=run.started_at, total_run_count=F("total_run_count") + 1)
    if run.trigger != Run.Trigger.MANUAL:
        periodic_task.filter(one_off=True).update(enabled=False)
