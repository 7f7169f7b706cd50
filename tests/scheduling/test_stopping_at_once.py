"""Stopping a run while a worker is in the middle of one of its steps, on a connection of its own."""

import time
from typing import Any

import pytest
from django.db import connections
from django_tenants.utils import tenant_context

from scheduling.models import Run
from scheduling.stopping import WAIT_SECONDS, stop_runs
from tests.conftest import NOON, tenant


@pytest.fixture
def runs(django_db_setup, django_db_blocker):
    """Three of acme's runs that are going, outside any transaction."""
    with django_db_blocker.unblock(), tenant_context(tenant(slug="acme")):
        fields = {"slot_at": NOON, "trigger": "schedule"}
        yield [Run.objects.create(periodic_task_id=number, **fields) for number in range(3)]
        Run.objects.all().delete()


@pytest.fixture
def step(runs):
    """A step that goes on and on, as a worker takes it: it holds the runs."""
    own: Any = connections.create_connection("default")
    own.set_autocommit(False)
    with own.cursor() as cursor:
        cursor.execute(f'SELECT FROM "{tenant(slug="acme").schema_name}".scheduling_run FOR UPDATE')
    yield own
    own.rollback()
    own.close()


def test_runs_in_the_middle_of_a_step_are_busy_after_two_seconds_for_all(runs, step):
    began_at = time.monotonic()

    done = stop_runs(runs, by="ann@acme.test")

    assert done.busy == runs
    assert WAIT_SECONDS <= time.monotonic() - began_at < 2 * WAIT_SECONDS
    assert {run.state for run in Run.objects.all()} == {"running"}
