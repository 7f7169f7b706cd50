"""Beat and workers whose settings somebody broke: each ends before it asks anything of anybody."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.integration.stack import ROOT, Stack

pytestmark = pytest.mark.integration

#: Nobody listens there, so whoever went on would wait for ever.
NOWHERE = {
    "DEBUG": "1",
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
    "CELERY_BROKER_URL": "redis://127.0.0.1:1/0",
}
MODULE = "from saas.settings import *\nCELERY_TASK_ACKS_LATE = False\nCELERY_ACCEPT_CONTENT = []\n"


@pytest.fixture
def derived(tmp_path):
    """The environment of a settings module that breaks two promises."""
    (tmp_path / "derived.py").write_text(MODULE)
    return {"PYTHONPATH": str(tmp_path), "DJANGO_SETTINGS_MODULE": "derived"}


def start(environment, *arguments):
    return subprocess.Popen(
        [*Stack.celery, *arguments],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": Stack.settings} | NOWHERE | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def refusals(process):
    """Return what a process says that ends with an error, refusal by refusal."""
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 1, said
    assert "waiting for Postgres" not in said
    return [line for line in said.splitlines() if "setting refused" in line]


@pytest.mark.parametrize("kind", ["worker", "beat"])
def test_a_settings_module_that_breaks_promises_is_refused(derived, kind):
    acks_late, content = refusals(start(derived, kind))

    assert "CELERY_TASK_ACKS_LATE is False, but must be True" in acks_late
    assert "CELERY_ACCEPT_CONTENT is []" in content


def test_options_of_a_workers_command_line_are_refused_likewise():
    options = ["--prefetch-multiplier", "4", "--pool", "threads", "--time-limit", "7200"]

    acks_late, prefetch, pool, time_limit = refusals(
        start({}, "worker", *options, "--", "task.acks_late=0")
    )

    assert "CELERY_TASK_ACKS_LATE is False" in acks_late
    assert "CELERY_WORKER_PREFETCH_MULTIPLIER is 4" in prefetch
    assert "CELERY_WORKER_POOL is 'thread'" in pool
    assert "CELERY_TASK_TIME_LIMIT is 7200" in time_limit


def test_another_scheduler_is_refused_likewise():
    (refusal,) = refusals(start({}, "beat", "-S", "celery.beat:Scheduler"))

    assert "CELERY_BEAT_SCHEDULER is 'celery.beat:Scheduler'" in refusal


def test_what_the_environment_tells_celery_is_refused_likewise():
    (refusal,) = refusals(start({"CELERY_RESULT_BACKEND": "redis://127.0.0.1:1/1"}, "worker"))

    assert "CELERY_RESULT_BACKEND is 'redis://127.0.0.1:1/1'" in refusal


def test_the_deployment_check_tells_of_it(derived):
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--tag", "messaging"],
        cwd=ROOT,
        env=os.environ | NOWHERE | derived,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 1
    assert "(agenda.E001) CELERY_TASK_ACKS_LATE is False, but must be True" in done.stderr


@pytest.mark.parametrize("kind", ["worker", "beat"])
def test_whoever_waits_for_postgres_can_be_ended(kind):
    """Once beat waited inside of Celery's signal handler, in which no signal ended it."""
    process = start({}, kind)
    for line in process.stdout:
        if "waiting for Postgres" in line:
            break

    process.terminate()

    process.communicate(timeout=10)
    assert process.returncode != 0
