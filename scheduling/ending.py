"""The progress of a run's step and the run's end, in the step's transaction."""

from typing import Any

from django.db import connection
from django_celery_beat.models import PeriodicTask

from scheduling.models import Hold, Run
from scheduling.plain import plain

#: Ends of which the periodic task hears, since its task has run.
RAN = (Run.State.SUCCEEDED, Run.State.FAILED)


def record(run: Run, progress: Any) -> None:
    """Add what a step reports: anything with `examined` and `closed` counts, or nothing."""
    with connection.cursor() as cursor:
        cursor.execute(RECORD, counts_of(progress) | {"run": run.pk})


def finish_well(run: Run, progress: Any = None) -> None:
    """End a run whose body is through: as skipped if its last step says why, and no other did anything."""
    reason = plain(getattr(progress, "skipped", ""))
    is_skipped = reason and not run.closed
    finish(run, Run.State.SKIPPED if is_skipped else Run.State.SUCCEEDED, reason, progress)


def finish(run: Run, state: str, error: str = "", progress: Any = None) -> None:
    """End the run with what its last step reports, and tell the periodic task if it ran."""
    end = {"state": str(state), "error": error}
    told = {"task": run.periodic_task_id, "started_at": run.started_at}
    with connection.cursor() as cursor:
        given = counts_of(progress) | end | told | {"run": run.pk}
        cursor.execute(END_AND_TELL if state in RAN else END, given)
        is_one_off = state in RAN and cursor.fetchone() == (True,)
    if run.is_held:
        Hold.objects.end(run.pk)
    run.state, run.error = str(state), error
    if is_one_off and run.trigger not in Run.BY_HAND:
        # Apart, for to name that column is a change of the schedule, whatever its value.
        PeriodicTask.objects.filter(pk=run.periodic_task_id).update(enabled=False)


def counts_of(progress: Any) -> dict[str, Any]:
    return {name: getattr(progress, name, 0) for name in ("examined", "closed")}


ADD = "examined = examined + %(examined)s, closed = closed + %(closed)s"
RECORD = f"UPDATE scheduling_run SET {ADD} WHERE id = %(run)s"  # noqa: S608  # fixed text
END = f"""
UPDATE scheduling_run
SET state = %(state)s, error = %(error)s, finished_at = clock_timestamp(), {ADD}
WHERE id = %(run)s
"""  # noqa: S608  # fixed text
END_AND_TELL = f"""
WITH ended AS ({END})
UPDATE django_celery_beat_periodictask
SET last_run_at = %(started_at)s, total_run_count = total_run_count + 1
WHERE id = %(task)s RETURNING one_off
"""  # noqa: S608  # fixed text
