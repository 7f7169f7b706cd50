"""Stopping runs: a tenant's people end one that is going, or that waits for its next try."""

import time
from collections.abc import Iterable
from typing import NamedTuple

from django.db import OperationalError, transaction
from psycopg2.errors import LockNotAvailable

from scheduling.agenda.models import Firing
from scheduling.agenda.reindex import limit_waiting
from scheduling.agenda.stopping import request_own_stop
from scheduling.ending import finish
from scheduling.models import Run
from tenants.audit.writing import write_difference
from tenants.schema import current_tenant, shared_tables
from wording.sentences import Sentence
from wording.sentences import noop as _

#: How long a page waits for the steps that runs are in the middle of, for all of them together.
WAIT_SECONDS = 2.0
STOPPED = Sentence(_("Stopped by %(by)s."))


class Stopped(NamedTuple):
    """What became of runs that were to be stopped."""

    stopped: list[Run]
    #: Not going any more.
    ended: list[Run]
    #: In the middle of a step that did not end in time; nothing was done to them.
    busy: list[Run]


def stop_runs(runs: Iterable[Run], by: str) -> Stopped:
    """Cancel those of the current tenant's runs that are going.

    What their steps did stays, and is counted. A worker sees it before its next step; to what waits
    for its next try beat sends one within seconds, so that no later slot takes it for a run that is
    still going. A second call finds them ended.
    """
    done = Stopped([], [], [])
    deadline = time.monotonic() + WAIT_SECONDS
    for run in runs:
        answer_for(run, by, deadline, done).append(run)
    return done


def going_runs(schedule_id: int) -> list[Run]:
    """Return the current tenant's runs of a schedule that are going, the oldest first.

    By what the ledger has in flight, which is little, and not by all runs that there ever were.
    """
    tenant = current_tenant()
    with shared_tables(tenant):
        in_flight = Firing.objects.in_flight_of([tenant.pk]).filter(periodic_task_id=schedule_id)
        slots = list(in_flight.values_list("slot_at", flat=True))
    runs = Run.objects.filter(periodic_task_id=schedule_id, slot_at__in=slots)
    return list(runs.filter(state=Run.State.RUNNING).order_by("slot_at"))


def answer_for(run: Run, by: str, deadline: float, done: Stopped) -> list[Run]:
    try:
        return done.stopped if stop(run, by, deadline - time.monotonic()) else done.ended
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
        return done.busy


def stop(run: Run, by: str, seconds: float) -> bool:
    """Cancel a run if it is going; return whether it was.

    Raises OperationalError when a step holds the run for longer than so many seconds.
    """
    with transaction.atomic():
        limit_waiting(milliseconds=max(10, int(seconds * 1000)))
        locked = Run.objects.select_for_update().filter(pk=run.pk, state=Run.State.RUNNING).first()
        if locked is None:
            return False
        reason = STOPPED(by=by)
        before = {"state": locked.state, "error": locked.error}
        finish(locked, Run.State.CANCELLED, reason)
        request_own_stop(locked.periodic_task_id, locked.slot_at)
        write_difference(locked, before, {"state": Run.State.CANCELLED.value, "error": reason})
    return True
