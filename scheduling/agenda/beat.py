"""The beat: any number side by side, no leader. Started as `celery -A saas beat`."""

import gc
import time
from collections.abc import Callable
from typing import Any

import structlog
from celery.beat import Scheduler
from django.db import connection

from scheduling.agenda.broker import Broker
from scheduling.agenda.clock import database_now
from scheduling.agenda.clock_steps import follow_clock
from scheduling.agenda.dispatch import BATCH as PUBLISHED_AT_ONCE
from scheduling.agenda.dispatch import Publisher, publish_planned
from scheduling.agenda.holding import hasten_released
from scheduling.agenda.outlook import Outlook, look_out
from scheduling.agenda.pause_ends import tell_ended_pauses
from scheduling.agenda.planning import BATCH as PLANNED_AT_ONCE
from scheduling.agenda.planning import plan_due, plan_held
from scheduling.agenda.reindex import reindex_changed
from scheduling.agenda.rescue import rescue
from scheduling.agenda.stopping import hasten_stopped
from scheduling.agenda.waiting import wait_for_database
from scheduling.agenda.wakeup import Wakeup
from tenants.postgresql.roles import installation_id
from tenants.schema import end_long_journey

logger = structlog.get_logger(__name__)

#: Pauses between attempts while Postgres or the broker is away, in seconds.
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 5.0
#: Between looks at what was lost on the way, in seconds.
ROUND_SECONDS = 5.0
#: For how long a step is repeated before the next one has its turn, in seconds.
TURN_SECONDS = 0.1
OBJECTS_BETWEEN_COLLECTIONS = 100_000


class AgendaScheduler(Scheduler):
    """Reads one indexed table, whatever the number of tenants, and never exits because of an error."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.publisher = Publisher(self.app)
        self.wakeup = Wakeup()
        self.rounds, self.clock_rounds = Rounds(), Rounds()
        self.failures = 0
        self.is_ending = False

    def setup_schedule(self) -> None:
        """There is nothing to load: the schedule is in the database and stays there."""
        wait_for_database()
        spare_garbage_collection()
        logger.info("beat is ready")

    def tick(self, *_: Any, **__: Any) -> float:
        """Do what is to do, then wait until there is more; return the seconds to sleep after that."""
        if self.is_ending:
            # The handler's SystemExit was lost: Python ignores what is raised in a finalizer.
            raise SystemExit
        try:
            end_long_journey()
            self.wakeup.listen()
            if self.clock_rounds.is_time():
                # First, for it needs no broker.
                follow_clock()
            pause = take_turn(self.publisher, self.max_interval)
            if self.rounds.is_time():
                self.look_after()
                pause = 0.0
            self.failures = 0
            self.wakeup.wait(pause)
        except Exception as error:
            return self.pause_after(error)
        return 0.0

    def look_after(self) -> None:
        """Do what is not of this instant: find what was lost on the way, end what is to be stopped."""
        hasten_stopped(database_now())
        hasten_released(database_now())
        rescue(database_now(), Broker(self.publisher, installation_id()))

    def pause_after(self, error: Exception) -> float:
        """Say what went wrong, drop the connections and return the pause before the next attempt.

        Nothing is lost meanwhile: what was taken is in the ledger, what was not is still due.
        """
        logger.warning("beat will try again", error=type(error).__name__, reason=str(error).strip())
        self.publisher.close()
        connection.close()
        self.failures += 1
        return min(FIRST_PAUSE * 2 ** min(self.failures - 1, 8), LONGEST_PAUSE)

    def close(self) -> None:
        """Take note that beat is to end, and no more.

        Celery calls this in its signal handler, amid anything. Closing connections there would wait
        for ever for a lock that the interrupted code holds. Ending the process closes them, and
        Postgres undoes what was not committed.
        """
        self.is_ending = True

    @property
    def info(self) -> str:
        return "    . every tenant on its own beat"


def spare_garbage_collection() -> None:
    """Have Python look for cycles seldom, and never among what there is by now: a tenth of a burst.

    Planning and publishing make thousands of objects at a time, and no cycles of them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)


class Rounds:
    """Tells when it is time again for what is done every few seconds. Only this process's affair."""

    def __init__(
        self, seconds: float = ROUND_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.seconds, self.clock = seconds, clock
        self.last_at: float | None = None

    def is_time(self) -> bool:
        now = self.clock()
        # Not before the last time either: a frozen machine's clock may go on from somewhere else.
        if self.last_at is not None and 0 <= now - self.last_at < self.seconds:
            return False
        self.last_at = now
        return True


def take_turn(publish: Publisher, longest: float) -> float:
    """Do what is to do; return the seconds for which there is nothing more, at most `longest`."""
    outlook = look_out()
    if outlook.has_work:
        if beat(publish, outlook):
            return 0.0
        outlook = look_out()
    return outlook.pause(longest)


def beat(publish: Publisher, outlook: Outlook) -> bool:
    """Take what is due, reindex what changed, publish what is planned; return whether more is left.

    Taking commits on its own before the rest, so it goes on while the broker is away and when a
    schema is slow to read. Of slots that were held back one batch at a time is looked at again.
    What comes due meanwhile is for the next look: all of this is done for one instant.
    """
    now = outlook.now

    def plan_batch() -> bool:
        return plan_due(now) == PLANNED_AT_ONCE

    has_more = has_more_after(plan_batch)
    # Once: who changes schedules without a pause would have it repeated without end.
    if outlook.is_changed and reindex_changed(database_now()):
        has_more = True
        has_more_after(plan_batch)
    if outlook.is_pause_over and tell_ended_pauses(now):
        # They are settled by the next look, which finds their marks.
        has_more = True
    if has_more_after(lambda: publish_planned(publish, now) == PUBLISHED_AT_ONCE):
        has_more = True
    if outlook.is_held_no_longer and plan_held(now):
        has_more = True
    return has_more


def has_more_after(step: Callable[[], bool]) -> bool:
    """Repeat a step until nothing is left, but not for ever: the other steps have their turn too."""
    ends_at = time.monotonic() + TURN_SECONDS
    while step():
        if time.monotonic() > ends_at:
            return True
    return False
