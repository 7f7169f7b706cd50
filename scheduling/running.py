"""Running a tenant's task for one firing, and writing the Run in one transaction with the effect.

A task's body is a function, or for long work a generator that yields after each batch. Each step is
one transaction together with the progress it made; so a run that dies anywhere is taken up again by
the next delivery of its message, and neither an effect nor a count is lost or doubled. A generator
that has been at it for a while gives way: its firing is published anew, behind the others.
"""

import inspect
import time
from collections.abc import Generator
from datetime import timedelta
from functools import cache
from typing import Any, cast

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F

from scheduling.agenda import ledger
from scheduling.agenda.clock import database_now
from scheduling.agenda.halts import Hindered
from scheduling.agenda.holding import forget_hold
from scheduling.agenda.ledger import ATTEMPTS_MAXIMUM, DIED_TEXT, Outcome, Refused
from scheduling.agenda.models import Firing
from scheduling.agenda.stopping import STOPPED_TEXT
from scheduling.braking import Guard, TooMuch, approved_parameters, guard_for, hold, keep_holding
from scheduling.catalogue import TENANT_QUEUE, Entry
from scheduling.claiming import Row, claim, lock_again, prove_path
from scheduling.ending import finish, finish_well, record
from scheduling.held_mail import tell_owners
from scheduling.hindrances import raise_if_not_its_own
from scheduling.models import Run
from scheduling.pausing import end_if_over
from scheduling.periodic import Unreadable, chosen_policies, parameters_of
from scheduling.plain import error_text, plain
from scheduling.policies import Policies
from scheduling.retrying import told_slot
from wording.sentences import fixed
from wording.sentences import noop as _

logger = structlog.get_logger(__name__)

#: What a body may ask for by naming it in its signature, beside the tenant's parameters.
SLOT, RUN_ID = "slot", "run_id"

#: Pauses before a run whose body failed is tried again: the first, and the longest.
FIRST_BACK_OFF, LONGEST_BACK_OFF = timedelta(seconds=10), timedelta(hours=1)

GONE_TEXT = fixed(_("The schedule was deleted or given another task after this slot was taken."))
PAUSED_TEXT = fixed(_("The schedule was paused after this slot was taken."))


def perform(firing: Firing, task: Any) -> Outcome | None:
    """Run `task` for `firing` in the current schema and return how it ended.

    None when it has not: it is to be tried again, or gave way to others and goes on later. A second
    call for the same firing finds the run and does not repeat it. An error of the body is tried
    again as often as the schedule's policy says, then the run is failed. An error of the connection
    is raised, to be tried again; so is Hindered, where the schema is what is wrong.
    """
    try:
        return Performance(firing, task).outcome()
    except (Refused, Hindered):
        raise
    except Exception as error:
        raise_if_not_its_own(error)
        logger.exception("run raised an error", firing=str(firing.pk))
        return after_error(firing, error)


class Performance:
    """One worker's work at a run, in one slice of time: a step per transaction."""

    def __init__(self, firing: Firing, task: Any) -> None:
        self.firing, self.task = firing, task
        self.slice_ends = time.monotonic() + settings.RUN_SLICE_SECONDS
        #: What is left of the body, if it is a generator.
        self.steps: Generator[Any, None, None] | None = None
        #: Looks at the first step, whether it begins too much.
        self.guard: Guard | None = None
        self.is_approved = False
        #: Whether the firing is back with beat. The clock alone does not say: it goes on after the last
        #: look at it, while a step is committed, and a run that then stopped would be taken for dead.
        self.gave_way = False

    def outcome(self) -> Outcome | None:
        try:
            run = self.begin()
        except TooMuch as excess:
            self.steps = None
            run = hold(self.firing, self.task, excess)
        while run.is_running and self.steps and not self.gave_way:
            self.advance(run)
        if self.steps:
            self.steps.close()
        if run.is_held:
            tell_owners(self.firing, run)
        return None if run.state in Run.UNFINISHED else Outcome(run.state, run.error)

    def begin(self) -> Run:
        """Claim the run and take the first step in one transaction.

        Raises TooMuch, with nothing done, when the run is to be held for it.
        """
        firing = self.firing
        with transaction.atomic():
            row = prove_path(firing)
            parameters, refusal = self.parameters(row)
            run, is_new = claim(firing, row.name if row else "", parameters)
            if run.is_held:
                keep_holding(firing, run)
            if not run.is_running:
                return run
            if not is_new and (approved := self.approved(run)) is not None:
                parameters = approved
            if not is_new and run.parameters != parameters:
                Run.objects.filter(pk=run.pk).update(parameters=parameters)
            if firing.stop_requested_at:
                finish(run, Run.State.CANCELLED, STOPPED_TEXT)
            elif firing.attempts > ATTEMPTS_MAXIMUM:
                # Every worker died of it: one more must not try.
                finish(run, Run.State.FAILED, DIED_TEXT)
            elif refusal:
                finish(run, Run.State.CANCELLED, plain(refusal))
            elif is_new and row and not row.enabled and self.is_paused():
                # What is begun goes on when its schedule is paused, also in another worker.
                finish(run, Run.State.PAUSED, PAUSED_TEXT)
            else:
                if not self.is_approved:
                    self.guard = guard_for(firing, self.task, row, run, parameters)
                self.call(run, parameters)
        return run

    def is_paused(self) -> bool:
        """Whether a run of a row that is not enabled is not wanted: by hand it is, and after a pause."""
        if self.firing.trigger == Run.Trigger.MANUAL:
            return False
        return not end_if_over(self.firing.periodic_task_id, database_now())

    def approved(self, run: Run) -> dict[str, Any] | None:
        """Return the parameters that a run was approved with and keeps to; None if it was not held."""
        if self.firing.released is not None:
            forget_hold(self.firing)
        parameters = approved_parameters(run)
        self.is_approved = parameters is not None
        return parameters

    def parameters(self, row: Row | None) -> tuple[dict[str, Any], str]:
        """Return the tenant's parameters, validated; and why the run is not wanted any more, if so."""
        if row is None or row.task != self.firing.task:
            return {}, GONE_TEXT
        try:
            return parameters_of({"kwargs": row.kwargs}, Entry(self.task, TENANT_QUEUE)), ""
        except Unreadable as error:
            return {}, str(error)

    def call(self, run: Run, parameters: dict[str, Any]) -> None:
        """Call the body with its parameters and what it asks of us; a generator takes one step."""
        ours = {SLOT: told_slot(self.firing), RUN_ID: run.pk}
        wanted = names_asked_for(self.task)
        result = self.task.run(
            **parameters | {name: value for name, value in ours.items() if name in wanted}
        )
        if inspect.isgenerator(result):
            self.steps = cast(Generator[Any, None, None], result)
            self.step(run)
        else:
            self.look_at(result)
            finish_well(run, result)

    def look_at(self, progress: Any) -> None:
        """Raise TooMuch when the first step shows that the run is to be held."""
        if self.guard:
            self.guard.look_at(progress)
        self.guard = None

    def advance(self, run: Run) -> None:
        """Take one more step, unless somebody has ended the run meanwhile or asked for its end."""
        with transaction.atomic():
            is_to_end = lock_again(run, self.firing)
            if run.is_running and is_to_end:
                finish(run, Run.State.CANCELLED, STOPPED_TEXT)
            elif run.is_running:
                self.step(run)

    def step(self, run: Run) -> None:
        """Take one step; the run ends with it, or gives way to others when its time is over."""
        assert self.steps is not None  # noqa: S101
        try:
            progress = next(self.steps)
        except StopIteration:
            finish_well(run)
            return
        self.look_at(progress)
        if getattr(progress, "is_last", False):
            finish_well(run, progress)
            return
        record(run, progress)
        if time.monotonic() >= self.slice_ends:
            ledger.give_way(self.firing)
            self.gave_way = True


@cache
def names_asked_for(task: Any) -> frozenset[str]:
    return frozenset(inspect.signature(task.run).parameters)


def after_error(firing: Firing, error: Exception) -> Outcome | None:
    """Count an error of the body: the run is tried again, or failed after the last retry."""
    with transaction.atomic():
        row = prove_path(firing)
        run, _is_new = claim(firing, row.name if row else "", {})
        if run.is_held:
            return None
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
