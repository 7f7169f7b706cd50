"""Migrating in several processes at once, beside tenants at work, and going on after a stop."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from functools import partial
from pathlib import Path

import psycopg2
import pytest
from django.core.management import call_command
from django.db import OperationalError

from tenants.migrating.patience import attempt, migrate_patiently
from tenants.migrating.whole import Request, migrate_tenants
from tenants.side_by_side import Unreachable, side_by_side, workers_at_most
from tests.tenants.committed import committed_tenants
from tests.tenants.migrating.builders import has_table, set_back

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def fleet(django_db_setup, django_db_blocker):
    """Three tenants that all sessions see, outside of any transaction."""
    with django_db_blocker.unblock(), committed_tenants("one", "two", "three") as tenants:
        yield tenants


def names_of(tenants):
    return [tenant.schema_name for tenant in tenants]


@pytest.fixture
def behind(fleet):
    for tenant in fleet:
        if has_table(tenant):
            set_back(tenant)
    return fleet


def test_all_that_are_behind_are_migrated_by_several_processes(behind):
    outcome = migrate_tenants(names_of(behind), Request(workers=2))

    assert sorted(outcome.migrated) == sorted(names_of(behind))
    assert outcome.failed == {}
    assert all(map(has_table, behind))


def who_works(_schema_name):
    time.sleep(0.3)
    return str(os.getpid())


def test_several_processes_means_several(fleet):
    ends = dict(side_by_side(["a", "b", "c", "d"], who_works, workers=2))

    assert len(set(ends.values())) == 2
    assert str(os.getpid()) not in ends.values()


def test_one_process_is_this_one(fleet):
    assert dict(side_by_side(["a", "b"], who_works, workers=1))["b"] == str(os.getpid())


def test_there_are_no_more_workers_than_asked_for_and_at_least_one(fleet):
    assert workers_at_most(1) == 1
    assert 1 <= workers_at_most() <= os.cpu_count()


def die_at(victim, schema_name):
    if schema_name == victim:
        os.kill(os.getpid(), signal.SIGKILL)
    return attempt(schema_name)


def test_after_a_killed_worker_the_next_call_goes_on_with_those_that_are_left(behind):
    names = names_of(behind)

    with pytest.raises(Unreachable, match="killed"):
        list(side_by_side(names, partial(die_at, names[-1]), workers=2))
    assert not has_table(behind[-1])
    left = [tenant.schema_name for tenant in behind if not has_table(tenant)]
    outcome = migrate_tenants(names, Request(workers=2))

    assert sorted(outcome.migrated) == sorted(left)
    assert all(map(has_table, behind))


def hold_lock(tenant, seconds, held):
    with (
        closing(psycopg2.connect(os.environ["DATABASE_URL"])) as session,
        session.cursor() as cursor,
    ):
        cursor.execute(f"LOCK TABLE {tenant.schema_name}.django_migrations")
        held.set()
        time.sleep(seconds)


@pytest.fixture
def busy(behind):
    """The first tenant's record of migrations, locked by somebody for two seconds."""
    held = threading.Event()
    holder = threading.Thread(target=hold_lock, args=(behind[0], 2, held))
    holder.start()
    held.wait()
    yield behind
    holder.join()


def test_who_is_locked_is_tried_again_until_the_lock_is_gone(busy):
    outcome = migrate_tenants(names_of(busy), Request(workers=2, lock_timeout=0.1))

    assert outcome.failed == {}
    assert all(map(has_table, busy))


def test_who_stays_locked_is_given_up_with_the_reason(busy):
    with pytest.raises(OperationalError, match="lock timeout"):
        migrate_patiently(busy[0].schema_name, lock_timeout=0.1, pauses=(0.1,))

    assert "lock timeout" in attempt(busy[0].schema_name, lock_timeout=0.1, pauses=())
    assert attempt(busy[1].schema_name, lock_timeout=0.1, pauses=()) == ""


def test_two_commands_at_once_follow_each_other(behind):
    command = [sys.executable, "manage.py", "migrate_schemas", "--parallel=2", "--verbosity=0"]

    both = [
        subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]

    said = [process.communicate(timeout=120)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert all(map(has_table, behind))


def test_a_database_that_is_gone_is_no_tenants_failure(fleet, monkeypatch):
    def lose(*_arguments, **_options):
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr("tenants.migrating.patience.migrate_schema", lose)
    monkeypatch.setattr("tenants.migrating.patience.is_gone", lambda: True)

    with pytest.raises(Unreachable):
        attempt(fleet[0].schema_name)


def test_whole_command_in_processes(behind):
    call_command("migrate_schemas", verbosity=0, parallel=2)

    assert all(map(has_table, behind))
