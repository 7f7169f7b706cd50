"""The start of beat and of a worker: not at all while a promise of ours cannot be kept."""

import sys
from collections.abc import Mapping
from typing import Any

import structlog
from celery import Celery
from celery.apps.beat import Beat as CeleryBeat

from scheduling.agenda.preconditions import broken_preconditions
from scheduling.agenda.waiting import wait_for_database

logger = structlog.get_logger(__name__)

#: Options of `celery worker` that override settings.
WORKER_OPTIONS = {
    "prefetch_multiplier": "worker_prefetch_multiplier",
    "pool": "worker_pool",
    "time_limit": "task_time_limit",
    "soft_time_limit": "task_soft_time_limit",
}


class Beat(CeleryBeat):
    def init_loader(self) -> None:
        """Make beat ready while a signal still ends it at once.

        From then on Celery's handler asks for the scheduler, and waits with it if it is not made.
        """
        super().init_loader()
        prepare(self.app, {"beat_scheduler": self.scheduler_cls})


def prepare(app: Celery, given: Mapping[str, Any]) -> None:
    insist_on_preconditions(app, given)
    wait_for_database()


def given_to_worker(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that a worker's command line overrides."""
    given = {setting: options.get(option) for option, setting in WORKER_OPTIONS.items()}
    if isinstance(given["worker_pool"], type):
        # Celery has turned the name into the class by then.
        given["worker_pool"] = given["worker_pool"].__module__.rpartition(".")[2]
    return given


def insist_on_preconditions(app: Celery, given: Mapping[str, Any]) -> None:
    """End the process with a line for each setting that breaks a promise, before it does anything."""
    problems = broken_preconditions(app, given)
    for problem in problems:
        logger.critical("setting refused", reason=problem)
    if problems:
        # Celery's signals swallow every other exception.
        sys.exit(1)
