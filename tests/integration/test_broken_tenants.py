"""Broken tenants, all at once: each is flagged and comes back by itself; the others are on time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from tests.conftest import broker_database
from tests.integration.broken import BREAKAGES
from tests.integration.fleet import EVERY_SECONDS, OFTEN_SECONDS, VICTIMS, WELL, Fleet

pytestmark = pytest.mark.integration

#: Each child of the worker waits three seconds for the lock, first and later in turns; the rest is
#: what a busy machine needs. Fifty firings in a row would keep both of them for more than a minute.
LATE_MAXIMUM = timedelta(seconds=15)
#: Longer than a worker waits, so that what was put off is tried, and hindered, a second time.
LOCKED_SECONDS = 16
MANY, A_MILLION = 100_000, 1_000_000  # orders
OF_TENANT = (
    "FROM agenda_firing JOIN tenants_tenant ON tenants_tenant.id = tenant_id WHERE slug = %s"
)
LATENESS = f"""
    SELECT max(started_at - slot_at), count(*) {OF_TENANT} AND slot_at BETWEEN %s AND %s
        AND verdict = ''
"""


@dataclass
class Story:
    """What was seen of it."""

    broken_at: datetime
    trouble: dict[str, str]
    page: str
    mended_at: datetime


@pytest.fixture(scope="module")
def fleet(tmp_path_factory) -> Iterator[Fleet]:
    fleet = Fleet(tmp_path_factory.mktemp("fleet"), broker_database(8))
    fleet.create_database()
    try:
        fleet.make_tenants()
        fleet.start_worker()
        fleet.start_worker("platform-worker", "platform")
        fleet.start_beat("beat")
        fleet.start_web()
        fleet.wait_until_ready()
        yield fleet
    finally:
        fleet.stop_all()
        fleet.drop_database()


@pytest.fixture(scope="module")
def story(fleet) -> Story:
    """Break everything, look at it for a while, mend it, and wait for what was put off."""
    fleet.make_schedules()
    for slug in (*WELL, *BREAKAGES):
        fleet.wait_until(lambda s=slug: fleet.has_run(s), 40, f"the first run of {slug}")
    broken_at, began = fleet.now(), time.monotonic()
    with closing(fleet.break_all()):
        fleet.kill_provisioning()
        fleet.wait_until(lambda: set(VICTIMS) <= set(fleet.trouble()), 30, "all to be flagged")
        trouble, page = fleet.trouble(), fleet.page()
        time.sleep(max(0, began + LOCKED_SECONDS - time.monotonic()))
    fleet.mend_all()
    mended_at = fleet.now()
    fleet.wait_until(lambda: not fleet.trouble(), 60, "all to come back")
    fleet.wait_until(lambda: not fleet.unsettled(mended_at), 60, "what was put off")
    return Story(broken_at, trouble, page, mended_at)


def row_of(page: str, slug: str) -> str:
    """Return a tenant's line of the list."""
    (row,) = [row for row in page.split("<tr") if f">{slug}</a>" in row]
    return row


@pytest.mark.parametrize("slug", BREAKAGES)
def test_staff_see_which_tenant_is_broken_and_why(story, slug):
    assert BREAKAGES[slug].told in story.trouble[slug]
    assert BREAKAGES[slug].told in row_of(story.page, slug)


def test_staff_see_whose_table_is_locked(story):
    assert "lock timeout" in row_of(story.page, "locked")


def test_who_is_well_is_not_flagged(story):
    assert not set(story.trouble) - set(VICTIMS)


@pytest.mark.parametrize("slug", VICTIMS)
def test_a_mended_tenant_has_lost_no_slot(fleet, story, slug):
    """What was put off has run, and what came meanwhile says what became of it."""
    fired = fleet.sql(
        f"SELECT periodic_task_id, slot_at, outcome {OF_TENANT} AND slot_at < %s",
        slug,
        story.mended_at,
    )
    runs = "SELECT periodic_task_id, slot_at, state FROM scheduling_run WHERE slot_at < %s"
    told = fleet.sql(runs, story.mended_at, schema=fleet.schemas[slug])

    assert sorted(fired) == sorted(told)
    assert {state for _task, _slot, state in told} <= {"succeeded", "skipped", "missed"}
    put_off = [
        slot for _task, slot, state in told if state == "succeeded" and slot > story.broken_at
    ]
    assert put_off


@pytest.mark.parametrize("slug", BREAKAGES)
def test_every_slot_of_a_broken_tenant_is_accounted_for(fleet, story, slug):
    ((first, last, count),) = fleet.sql(
        "SELECT min(slot_at), max(coalesce(last_slot_at, slot_at)), sum(slots) FROM scheduling_run"
        " WHERE name = 'every so often' AND slot_at < %s",
        story.mended_at,
        schema=fleet.schemas[slug],
    )

    assert count == (last - first) / timedelta(seconds=EVERY_SECONDS) + 1


@pytest.mark.parametrize("slug", WELL)
def test_all_others_are_on_time(fleet, story, slug):
    ((worst, count),) = fleet.sql(LATENESS, slug, story.broken_at, story.mended_at)

    assert worst < LATE_MAXIMUM
    assert count >= LOCKED_SECONDS / OFTEN_SECONDS / 2


def lengths():
    return pytest.mark.parametrize(
        "count", [MANY, pytest.param(A_MILLION, marks=pytest.mark.long)], ids=["many", "a million"]
    )


@lengths()
def test_one_who_closes_many_orders_closes_each_once_and_holds_up_nobody(fleet, story, count):
    began_at, big, prefix = fleet.now(), fleet.schemas["big"], f"of-{count}-"
    fleet.close_many_orders(prefix, count)

    run = (
        f"SELECT closed FROM scheduling_run WHERE name = 'closing {prefix}' AND state = 'succeeded'"
    )
    fleet.wait_until(lambda: fleet.sql(run, schema=big), count / 1000, "the run")

    closed = "SELECT count(*), count(DISTINCT closed_by_run) FROM orders_order WHERE number LIKE %s"
    assert fleet.sql(run, schema=big) == [(count,)]
    assert fleet.sql(f"{closed} AND status = 'closed'", f"{prefix}%", schema=big) == [(count, 1)]
    for slug in WELL:
        ((worst, _count),) = fleet.sql(LATENESS, slug, began_at, fleet.now())
        assert worst < LATE_MAXIMUM


def test_a_tenant_whose_maker_was_killed_is_made_by_another_one(fleet, story):
    assert "Its making began" in row_of(story.page, "half-made")

    fleet.wait_until(lambda: fleet.state_of_half_made()[0] == "active", 60, "the tenant")

    assert fleet.state_of_half_made() == ("active", "")
    assert fleet.runs("half-made") == []


def test_a_message_whose_task_no_worker_knows_hurts_nobody_and_ends_in_a_state(fleet, story):
    """As after a task was taken out of the code; sent for the twelfth time, hours after the first."""
    ((firing,),) = fleet.sql(
        "INSERT INTO agenda_firing (id, tenant_id, periodic_task_id, task, slot_at, planned_at,"
        " trigger, state, publications, outcome, error) SELECT gen_random_uuid(), id, 4711, 'gone',"
        " now(), now(), 'schedule', 'planned', 11, '', '' FROM tenants_tenant WHERE slug = 'well-1'"
        " RETURNING id"
    )
    mine = "SELECT state, outcome, publications FROM agenda_firing WHERE id = %s"
    fleet.wait_until(lambda: fleet.sql(mine, firing) == [("published", "", 12)], 10, "the message")
    fleet.wait_until(lambda: fleet.says("worker", "unregistered task"), 10, "its refusal")
    fleet.sql(
        "UPDATE agenda_firing SET published_at = now() - interval '61 min' WHERE id = %s", firing
    )

    fleet.wait_until(lambda: fleet.sql(mine, firing)[0][:2] == ("settled", "failed"), 30, "its end")

    gone = "SELECT state, error FROM scheduling_run WHERE periodic_task_id = 4711"
    ((state, error),) = fleet.sql(gone, schema=fleet.schemas["well-1"])
    assert (state, error) == ("failed", "No worker began it, though it was sent 12 times.")
    assert fleet.processes["worker"].poll() is None
