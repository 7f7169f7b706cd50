"""Holding runs that would do unusually much, until somebody approves or dismisses them.

Most runs do little: that is seen by their first step, at no cost. Where it does more, what is usual
is looked up; a step that began too much is taken back, and the run is held as if it had not begun.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction

from scheduling.agenda import holding
from scheduling.agenda.clock import database_now
from scheduling.agenda.models import Firing
from scheduling.agenda.stopping import STOPPED_TEXT
from scheduling.brake import Brake
from scheduling.catalogue import tenant_catalogue
from scheduling.claiming import Row, claim, prove_path
from scheduling.ending import counts_of, finish
from scheduling.hooks import Brake as Hook
from scheduling.models import Hold, Run
from wording.sentences import fixed
from wording.sentences import noop as _

logger = structlog.get_logger(__name__)

#: Runs by hand were wanted by somebody who saw the figures.
BRAKED = (Run.Trigger.SCHEDULE, Run.Trigger.CATCH_UP)
#: How many runs back those are looked for that closed something.
LOOKED_BACK = 5_000
#: A held run's figure is exact up to here.
COUNTED_MAXIMUM = 10_000_000
#: A worker that dies before it has told the owners leaves that to another after so long.
TOLD_WITHIN = timedelta(minutes=1)

ANOTHER_TEXT = fixed(
    _("An earlier run awaits approval, and this one would close unusually many too.")
)
EXPIRED_TEXT = fixed(_("It would have closed unusually many, and nobody approved it in time."))


class Limit(NamedTuple):
    """Above how much a run is held, and what is usual; nothing where the tenant named a number."""

    most: int
    usual: int | None = None


class TooMuch(Exception):
    """A run that has only begun would do more than it may without somebody's approval."""

    def __init__(self, parameters: Mapping[str, Any], limit: Limit) -> None:
        super().__init__(f"it would do more than {limit.most}")
        self.parameters, self.limit = parameters, limit


@dataclass
class Guard:
    """Looks at the first step of one run."""

    firing: Firing
    hook: Hook
    parameters: Mapping[str, Any]
    #: A number of the tenant's own.
    fixed: int | None

    def look_at(self, progress: Any) -> None:
        """Raise TooMuch, to take the step back, when the run would go beyond its limit."""
        done = counts_of(progress)["closed"]
        least = settings.BRAKE["least"] if self.fixed is None else self.fixed
        if getattr(progress, "is_last", False) and done <= least:
            return
        limit = usual_limit(self.firing) if self.fixed is None else Limit(self.fixed)
        if limit and self.is_beyond(limit.most, done):
            raise TooMuch(self.parameters, limit)

    def is_beyond(self, most: int, done: int) -> bool:
        """Whether a run that has done so much would end beyond `most`."""
        if done > most:
            return True
        return self.hook.exceeds(self.parameters, self.firing.slot_at, most - done)


def guard_for(
    firing: Firing, task: Any, row: Row | None, run: Run, parameters: Mapping[str, Any]
) -> Guard | None:
    """Return who looks at a run's first step; None where nothing is to be held, or it has begun."""
    hook: Hook | None = getattr(task, "brake", None)
    if not hook or row is None or run.examined or firing.trigger not in BRAKED:
        return None
    if row.brake_rule == Brake.Rule.NEVER:
        return None
    return Guard(firing, hook, parameters, row.brake_most)


def usual_limit(firing: Firing) -> Limit | None:
    """Return the limit by what the schedule's runs did before; None while there are too few."""
    figures = settings.BRAKE
    runs = Run.objects.filter(periodic_task_id=firing.periodic_task_id).order_by("-slot_at")
    closing = runs.filter(pk__in=runs.values("pk")[:LOOKED_BACK], closed__gt=0)
    closed = list(closing.values_list("closed", flat=True)[: figures["latest"]])
    if len(closed) < figures["runs"]:
        return None
    usual = statistics.median(closed)
    return Limit(max(figures["least"], int(usual * figures["factor"])), round(usual))


@transaction.atomic
def hold(firing: Firing, task: Any, excess: TooMuch) -> Run:
    """Write a run down as held whose first step was taken back; return it as it is then.

    Of a schedule one run is held at a time: another one is skipped. A repeat finds it written.
    """
    row, limit = prove_path(firing), excess.limit
    run, _is_new = claim(firing, row.name if row else "", excess.parameters)
    if not run.is_running:
        return run
    wanted = Hold(
        run_id=run.pk,
        periodic_task_id=run.periodic_task_id,
        number=task.brake.count(excess.parameters, firing.slot_at, COUNTED_MAXIMUM),
        most=limit.most,
        usual=limit.usual,
        expires_at=database_now() + timedelta(days=settings.HELD_RUN_DAYS),
    )
    if not is_first(wanted):
        finish(run, Run.State.SKIPPED, ANOTHER_TEXT)
        return run
    run.state, run.error = Run.State.HELD.value, wanted.stored_reason
    run.parameters = dict(excess.parameters)
    run.save(update_fields=["state", "error", "parameters"])
    holding.hold(firing, TOLD_WITHIN)
    logger.warning("run held", firing=str(firing.pk), number=wanted.number, most=wanted.most)
    return run


def is_first(wanted: Hold) -> bool:
    """Store a hold; False when another run of the schedule is held, by the constraint."""
    try:
        with transaction.atomic():
            wanted.save(force_insert=True)
    except IntegrityError:
        return False
    return True


def keep_holding(firing: Firing, run: Run) -> None:
    """See to a held run whose message has come: it is stopped, too old, or goes on waiting.

    Must be in the transaction that has locked the run.
    """
    held = Hold.objects.get(pk=run.pk)
    if firing.stop_requested_at:
        finish(run, Run.State.CANCELLED, STOPPED_TEXT)
    elif held.expires_at <= database_now():
        Hold.objects.filter(pk=run.pk).update(decision=Hold.Decision.EXPIRED)
        finish(run, Run.State.SKIPPED, EXPIRED_TEXT)
    else:
        holding.hold(firing, held.expires_at if held.told_at else TOLD_WITHIN)


def approved_parameters(run: Run) -> dict[str, Any] | None:
    """Return the parameters with which a run was approved, as its task takes them; None if it was not.

    Raises ParametersError when the task does not take them any more.
    """
    held = Hold.objects.filter(pk=run.pk).first()
    return (
        tenant_catalogue()[run.task].parameters(run.parameters)
        if held and held.is_approved
        else None
    )
