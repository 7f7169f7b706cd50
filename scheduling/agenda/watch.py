"""What every worker does beside its tasks, in its main process, whether or not beat and broker live.

Each duty has a thread with a database session of its own, so that a mail server that hangs cannot
make a heartbeat late.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any

import structlog
from celery.bootsteps import StartStopStep
from celery.signals import worker_shutdown
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from scheduling.agenda.alarms.watching import watch_over_slots
from scheduling.agenda.forking import guard_logs_while_forking
from scheduling.agenda.heartbeat import beat_heart
from tenants.schema import forget_session

logger = structlog.get_logger(__name__)

#: Well within a lease: a worker may miss a few beats and is still alive.
HEARTBEAT_SECONDS = 5.0
#: How long the end of a worker waits for what a duty is just writing.
LAST_WORDS_SECONDS = 1.0


@dataclass(frozen=True)
class Duty:
    """Something to do again and again. Of a jitter of 0.2, a pause is a fifth longer or shorter."""

    name: str
    every: float  # seconds
    do: Callable[[], object]
    jitter: float = 0.0
    #: A session that is seldom used is not kept.
    keeps_session: bool = False

    def pause(self) -> float:
        return self.every * random.uniform(1 - self.jitter, 1 + self.jitter)  # noqa: S311


class Watch(Thread):
    """Does one duty at its intervals until the worker ends, and outlives whatever goes wrong in it.

    A daemon: it never keeps the process from ending. What it was at is done again by another.
    """

    def __init__(self, duty: Duty) -> None:
        super().__init__(name=duty.name, daemon=True)
        self.duty = duty
        self.is_ending = Event()
        self.is_failing = False

    def run(self) -> None:
        while not self.is_ending.wait(self.duty.pause()):
            self.attempt()
        connection.close()

    def attempt(self) -> None:
        """Do the duty once; say once that it fails, and once that it goes on."""
        try:
            forget_session()
            self.duty.do()
        except Exception as error:
            self.tell(error)
            self.is_failing = True
            connection.close()
        else:
            if self.is_failing:
                logger.info("goes on", duty=self.duty.name)
            self.is_failing = False
            if not self.duty.keeps_session:
                connection.close()

    def tell(self, error: Exception) -> None:
        if self.is_failing:
            return
        is_outage = isinstance(error, OperationalError | InterfaceError)
        say = logger.warning if is_outage else logger.exception
        say("will be tried again", duty=self.duty.name, reason=str(error).strip())

    def end(self) -> None:
        self.is_ending.set()


def duties() -> list[Duty]:
    return [
        Duty("heartbeat", HEARTBEAT_SECONDS, beat_heart, keeps_session=True),
        Duty("alarm", settings.ALARM_EVERY_SECONDS, watch_over_slots, jitter=0.2),
    ]


class Watchkeeper(StartStopStep):
    """A step of the worker: begins when the pool has forked, and before the broker is asked for."""

    requires = ("celery.worker.components:Pool",)

    def start(self, worker: Any) -> None:
        guard_logs_while_forking()
        watches = [Watch(duty) for duty in duties()]
        for watch in watches:
            watch.start()
        worker_shutdown.connect(lambda **_: end_all(watches), weak=False)

    def stop(self, worker: Any) -> None:
        """Leave the heart beating: the pool, which stops after this, still finishes its tasks."""

    close = terminate = stop


def end_all(watches: list[Watch]) -> None:
    for watch in watches:
        watch.end()
    for watch in watches:
        watch.join(LAST_WORDS_SECONDS)
