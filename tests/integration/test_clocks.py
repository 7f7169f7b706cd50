"""Clocks that are wrong, that differ and that jump: the hosts' and the database's, under real processes.

A server of its own, two beats and two workers go each by a clock of its own (libfaketime). The
tests follow each other: one's clock stays where the one before has left it.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from tests.conftest import broker_database
from tests.integration.clock import Clock
from tests.integration.postgres15 import Postgres15
from tests.integration.rows import insert_every, insert_row
from tests.integration.stack import Stack

pytestmark = [pytest.mark.integration, pytest.mark.faketime, pytest.mark.postgres15]

SECOND, MINUTE, HOUR, DAY = (
    timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days")
)
YEAR = 365 * DAY
PROCESSES = ("beat-1", "beat-2", "worker-1", "worker-2")
EVERY = 2 * SECOND
#: What a slot may be late by while nothing but clocks is wrong; the machine may be slow.
LATE = 6 * SECOND


@pytest.fixture(scope="module")
def clocks():
    """The clock of the database, and those of processes: all wrong, and one measures wrongly too."""
    clocks = {
        "database": Clock(),
        "beat-1": Clock(3 * YEAR),
        "beat-2": Clock(-5 * HOUR, measuring_too=True),
        "worker-1": Clock(-2 * YEAR),
        "worker-2": Clock(DAY),
    }
    yield clocks
    for clock in clocks.values():
        clock.remove()


@pytest.fixture(scope="module")
def timed(tmp_path_factory, clocks):
    """The product on a server that goes by the first of the clocks, with a busy tenant and a patient one."""
    with (
        Postgres15(clocks["database"].environment) as server,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("DATABASE_URL", server.url("tenantbeat", "tenantbeat"))
        patch.setenv("SUPERUSER_DATABASE_URL", server.url("postgres", "postgres"))
        stack = Stack(tmp_path_factory.mktemp("timed"), broker_database(9))
        stack.create_database()
        for slug in ("busy", "patient"):
            stack.provision(slug)
        insert_every(stack, stack.schema_of("busy"), "busy", EVERY.seconds)
        let_overlap(stack)
        start(stack, clocks, *PROCESSES)
        yield stack
        stack.stop_all()


def let_overlap(stack):
    """A slow machine must not have slots skipped."""
    stack.sql(
        "INSERT INTO scheduling_policy (periodic_task_id, overlap)"
        " SELECT id, 'allow' FROM django_celery_beat_periodictask",
        schema=stack.schema_of("busy"),
    )


def start(stack, clocks, *names):
    for name in names:
        with clocks[name].rules(stack):
            stack.start_beat(name) if name.startswith("beat") else stack.start_worker(name)
    stack.wait_until_ready()


def stop(stack, *names):
    for name in names:
        stack.stop(name)


def database_now(stack):
    ((now,),) = stack.sql("SELECT clock_timestamp()")
    return now


def runs(stack, since, until=None, name="busy", slug="busy"):
    """The runs of a schedule's slots within a stretch of time, oldest first."""
    found = stack.sql(
        "SELECT slot_at, coalesce(last_slot_at, slot_at), slots, state, trigger, started_at"
        " FROM scheduling_run WHERE name = %s AND slot_at > %s AND slot_at <= %s ORDER BY slot_at",
        name,
        since,
        until or datetime.max.replace(tzinfo=UTC),
        schema=stack.schema_of(slug),
    )
    columns = ("slot_at", "last_at", "slots", "state", "trigger", "started_at")
    return [SimpleNamespace(**dict(zip(columns, row, strict=True))) for row in found]


def succeeded(stack, since, until=None, **which):
    return [run for run in runs(stack, since, until, **which) if run.state == "succeeded"]


def wait_for_runs(stack, number, since, until=None):
    stack.wait_until(lambda: len(succeeded(stack, since, until)) >= number, 60, f"{number} runs")
    return succeeded(stack, since, until)


def assert_on_time(found):
    """One run for each slot of a time, none of them late."""
    slots = [run.slot_at for run in found]
    assert slots == [slots[0] + number * EVERY for number in range(len(slots))]
    assert max(run.started_at - run.slot_at for run in found) < LATE


def assert_nothing_doubled(stack):
    """Each run that ended had one effect: the count of the periodic task goes with it."""
    ended = "SELECT count(*) FROM scheduling_run WHERE state IN ('succeeded', 'failed') AND name = 'busy'"
    counted = "SELECT total_run_count FROM django_celery_beat_periodictask WHERE name = 'busy'"
    schema = stack.schema_of("busy")
    assert stack.sql(ended, schema=schema) == stack.sql(counted, schema=schema)


def assert_books_balance(stack, slug):
    books = json.loads(
        stack.manage("account_slots", "--tenant", slug, "--json", check=False).stdout
    )
    assert (books["unaccounted"], books["surplus"]) == ([], [])


def test_hosts_whose_clocks_are_years_off_and_jump_change_nothing(timed, clocks):
    first = wait_for_runs(timed, 1, database_now(timed))[0].slot_at
    wait_for_runs(timed, 2, first)

    for name, by in zip(PROCESSES, (-6 * YEAR, 14 * HOUR, 9 * YEAR, -3 * DAY), strict=True):
        clocks[name].step(by)
    wait_for_runs(timed, 3, database_now(timed))

    assert_on_time(succeeded(timed, first))
    assert_nothing_doubled(timed)


def test_a_database_clock_that_jumps_forwards_is_an_outage(timed, clocks):
    before = database_now(timed)

    clocks["database"].step(3 * HOUR)

    after = before + 3 * HOUR
    assert_on_time(wait_for_runs(timed, 2, after + LATE))
    (caught,) = [
        run for run in runs(timed, before) if run.trigger == "catch_up" and run.state != "missed"
    ]
    (missed,) = [run for run in runs(timed, before) if run.state == "missed"]
    assert before < missed.slot_at < before + LATE
    assert missed.last_at == caught.slot_at - EVERY
    assert after - 2 * MINUTE < caught.slot_at < after
    assert_nothing_doubled(timed)


def test_a_database_clock_that_jumps_back_is_followed_at_once(timed, clocks):
    clocks["database"].step(-3 * HOUR)
    after = database_now(timed)

    found = wait_for_runs(timed, 3, after, after + HOUR)

    assert found[0].slot_at - after < 4 * LATE
    assert_on_time(found)
    timed.wait_until(lambda: no_stretch_beyond(timed, after + HOUR), 20, "the cut stretches")
    assert_nothing_doubled(timed)


def no_stretch_beyond(stack, at):
    ahead = "SELECT FROM scheduling_run WHERE slots > 1 AND last_slot_at > %s"
    return not stack.sql(ahead, at, schema=stack.schema_of("busy"))


CATCH_UP = ("skip", "once", "all")


def test_after_hours_without_a_beat_each_schedule_gets_what_its_policy_says(timed, clocks):
    """The clock goes on to a quarter of a minute before the hour, so that the next slot is soon."""
    pause = "UPDATE django_celery_beat_periodictask SET enabled = false"
    timed.sql(pause, schema=timed.schema_of("busy"))
    for policy in CATCH_UP:
        add_hourly(timed, policy)
    timed.wait_until(lambda: due(timed) == 3, 20, "the due slots")
    stop(timed, "beat-1", "beat-2")
    hour = database_now(timed).replace(minute=0, second=0, microsecond=0) + 6 * HOUR
    clocks["database"].set_to(hour - 15 * SECOND)

    start(timed, clocks, "beat-1", "beat-2")

    on_time = lambda: [succeeded_by(timed, policy, hour - MINUTE) for policy in CATCH_UP]  # noqa: E731
    timed.wait_until(lambda: all(on_time()), 60, "the next slots")
    assert on_time() == [[hour]] * 3
    late = [hour - hours * HOUR for hours in (5, 4, 3, 2, 1)]
    assert [succeeded_by(timed, policy, late[0] - MINUTE) for policy in CATCH_UP] == [
        [hour],
        [late[-1], hour],
        [*late, hour],
    ]
    assert_books_balance(timed, "patient")


def add_hourly(stack, policy):
    schema = stack.schema_of("patient")
    insert_row(stack, schema, policy, "0 * * * *")
    stack.sql(
        "INSERT INTO scheduling_policy (periodic_task_id, catch_up, overlap) SELECT id, name, 'allow'"
        " FROM django_celery_beat_periodictask WHERE name = %s",
        policy,
        schema=schema,
    )


def due(stack):
    hourly = "SELECT count(*) FROM agenda_dueslot WHERE name = ANY(%s) AND chosen <> '{}'"
    return stack.sql(hourly, list(CATCH_UP))[0][0]


def succeeded_by(stack, policy, since):
    return [run.slot_at for run in succeeded(stack, since, name=policy, slug="patient")]
