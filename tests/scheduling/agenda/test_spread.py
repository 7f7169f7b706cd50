"""What a slot gets that fires some time after its instant: each one state, whatever comes between."""

from datetime import timedelta

import pytest
from django_celery_beat.models import PeriodicTask
from django_tenants.utils import tenant_context

from scheduling.accounting import Span, close_books
from scheduling.agenda.alarms.raising import raise_alarms
from scheduling.agenda.alarms.recovery import end_alarms
from scheduling.agenda.clock_steps import plan_again
from scheduling.agenda.models import Alarm, DueSlot, Firing
from scheduling.agenda.planning import plan_due
from scheduling.agenda.reindex import reindex
from scheduling.models import Policy
from scheduling.spread import Spread
from tests.conftest import NOON
from tests.scheduling.builders import commit_at, make_crontab, reindex_at, take_all
from tests.scheduling.hours import at, beat_at, change, delete, told
from tests.scheduling.indexing import edit, inside, slot_of, store

pytestmark = pytest.mark.usefixtures("indexed")

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)


def spread_over_an_hour(tenant, **fields):
    task = store(tenant, **fields)
    with inside(tenant):
        policies = {"periodic_task_id": task.pk, "spread_minutes": 60} | fields.get("policies", {})
        Policy.objects.create(**policies)
    reindex_at(tenant.schema_name, NOON)
    return task


@pytest.fixture
def task(acme, globex):
    """An hourly schedule of acme's, spread over the hour, whose slot at 13:00 fires at least 2 minutes later."""
    for _ in range(100):
        task = spread_over_an_hour(acme)
        if 2 * MINUTE < fires(acme, task, 1) - at(1) < 58 * MINUTE:
            return task
        with inside(acme):
            PeriodicTask.objects.filter(pk=task.pk).delete()
        reindex_at(acme.schema_name, NOON)
    raise AssertionError("no offset in between")


def fires(tenant, task, hours):
    return Spread(tenant.pk, task.pk, HOUR).fires_at(at(hours), at(hours + 1))


def between(tenant, task):
    """Return an instant between the slot at 13:00 and when it fires."""
    return at(1) + (fires(tenant, task, 1) - at(1)) / 2


def policy(tenant, task, **chosen):
    with inside(tenant):
        Policy.objects.filter(pk=task.pk).update(**chosen)
    reindex_at(tenant.schema_name, NOON)


def state_of(tenant, task):
    return [entry[0] for entry in told(tenant, task)]


def test_a_slot_is_taken_when_it_fires_and_not_before(acme, globex, task):
    other = store(globex)
    fires_at = fires(acme, task, 1)

    take_all(at(1))
    take_all(fires_at - SECOND)
    assert told(acme, task) == []
    assert told(globex, other) == [("schedule", 1, 1, 1)]
    take_all(fires_at)

    assert told(acme, task) == [("schedule", 1, 1, 1)]
    slot = slot_of(acme)
    assert (slot.slot_at, slot.due_at) == (at(2), fires(acme, task, 2))
    firing = Firing.objects.get(tenant=acme)
    assert (firing.slot_at, firing.planned_at) == (at(1), fires_at)
    assert firing.pk == Firing.id_of(acme.pk, task.pk, at(1))


@pytest.mark.parametrize("seconds", [60, 61])
def test_a_slot_is_late_by_the_instant_at_which_it_fires(acme, task, seconds):
    plan_due(fires(acme, task, 1) + seconds * SECOND)

    assert state_of(acme, task) == ["schedule" if seconds == 60 else "catch_up"]


def test_after_an_outage_what_is_yet_to_fire_is_not_missed(acme, task):
    late = next(hour for hour in range(3, 40) if fires(acme, task, hour) - at(hour) > 5 * MINUTE)

    plan_due(at(late) + 4 * MINUTE)

    assert told(acme, task) == [
        ("missed", 1, late - 2, late - 2),
        ("catch_up", late - 1, late - 1, 1),
    ]
    slot = slot_of(acme)
    assert (slot.slot_at, slot.due_at) == (at(late), fires(acme, task, late))


def test_catch_up_reaches_back_from_when_slots_fire(acme, task):
    fires_at = fires(acme, task, 1)
    policy(acme, task, catch_up_window=120)

    plan_due(fires_at + 90 * SECOND)

    assert told(acme, task) == [("catch_up", 1, 1, 1)]


@pytest.mark.parametrize(
    ("edited", "then"),
    [
        ({"name": "renamed"}, [("schedule", 1, 1, 1)]),
        ({"crontab": "0 20 * * *"}, [("schedule", 1, 1, 1)]),
        ({"enabled": False}, [("paused", 1, 1, 1)]),
    ],
    ids=["renamed", "cadence", "paused"],
)
@pytest.mark.parametrize("is_there", [True, False], ids=["beat is there", "beat comes later"])
def test_a_slot_before_an_edit_belongs_to_the_cadence_before_it(acme, task, edited, then, is_there):
    fires_at, edited_at = fires(acme, task, 1), between(acme, task)
    if "crontab" in edited:
        with inside(acme):
            edited = {"crontab_id": make_crontab(edited["crontab"])}
    edit(acme, task, **edited)
    commit_at(acme, edited_at)
    if is_there:
        reindex(acme.schema_name, edited_at)
    take_all(fires_at)
    reindex(acme.schema_name, fires_at)
    take_all(fires_at)

    assert told(acme, task) == then
    firing = Firing.objects.get(tenant=acme)
    # It is sent no sooner than it would have been.
    assert firing.verdict or firing.publish_at == firing.planned_at == fires_at


def test_a_slot_before_a_deletion_is_cancelled(acme, task):
    delete(acme, task, (between(acme, task) - NOON) / HOUR)

    beat_at(acme, 3)

    assert told(acme, task) == [("cancelled", 1, 1, 1)]


def test_resuming_replays_no_slot_that_was_yet_to_fire(acme, task):
    change(acme, task, 0.5, enabled=False)
    change(acme, task, (between(acme, task) - NOON) / HOUR, enabled=True)

    beat_at(acme, 1.99)

    assert told(acme, task) == [("paused", 1, 1, 1)]
    assert slot_of(acme, task.name).slot_at == at(2)


def test_an_edit_fires_no_slot_of_the_new_cadence_before_it(acme, task):
    change(acme, task, 1.999, crontab="58 * * * *")

    beat_at(acme, 2)

    assert slot_of(acme).slot_at > at(1.999)
    assert all(entry[1] == 1 for entry in told(acme, task))


def test_a_run_that_waits_to_fire_is_no_overlap_for_the_slots_before_it(acme, task):
    edited_at, fires_at = between(acme, task), fires(acme, task, 1)
    with inside(acme):
        Policy.objects.filter(pk=task.pk).delete()
    edit(acme, task, crontab_id=minutely(acme))
    commit_at(acme, edited_at)
    reindex(acme.schema_name, edited_at)

    take_all(edited_at + MINUTE)

    first, second = told(acme, task)
    assert (first[0], second[0]) == ("schedule", "schedule")
    take_all(fires_at + MINUTE)
    assert state_of(acme, task)[-1] != "schedule"  # now one is going


def minutely(tenant):
    with inside(tenant):
        return make_crontab("* * * * *")


def test_a_one_off_is_spread_too(acme, globex):
    task = spread_over_an_hour(acme, one_off=True)
    fires_at = Spread(acme.pk, task.pk, HOUR).fires_at(at(1), None)

    take_all(fires_at - SECOND)
    before = told(acme, task)
    take_all(fires_at)

    assert (before, told(acme, task)) == ([], [("schedule", 1, 1, 1)])
    assert slot_of(acme).due_at is None


def test_a_one_off_that_comes_too_late_is_missed_by_when_it_fires(acme, globex):
    task = spread_over_an_hour(acme, one_off=True)
    policy(acme, task, catch_up="skip")

    take_all(Spread(acme.pk, task.pk, HOUR).fires_at(at(1), None) + 61 * SECOND)

    assert told(acme, task) == [("missed", 1, 1, 1)]


def books(acme, task, now):
    with tenant_context(acme):
        PeriodicTask.objects.exclude(pk=task.pk).delete()
    commit_at(acme, at(-0.5))
    return close_books([acme], Span(NOON, at(1.5)), now)


def test_the_books_wait_until_a_slot_should_have_fired(acme, task):
    fires_at = fires(acme, task, 1)

    early = books(acme, task, fires_at + 59 * SECOND)
    late = books(acme, task, max(fires_at, at(1.5)) + 2 * MINUTE)

    assert (early.unaccounted, early.surplus) == ([], [])
    assert [entry["slot"] for entry in late.unaccounted] == [at(1)]


def test_the_books_are_closed_by_slots_and_not_by_when_they_fire(acme, task):
    take_all(fires(acme, task, 1))

    closed = books(acme, task, at(3))

    assert (closed.expected, closed.accounted, closed.surplus) == (1, 1, [])


def test_when_the_clock_goes_back_a_slot_is_planned_again_by_its_instant(acme, task):
    take_all(fires(acme, task, 1))

    plan_again(between(acme, task))
    assert slot_of(acme).slot_at == at(2)
    plan_again(at(0.5))

    slot = slot_of(acme)
    assert (slot.slot_at, slot.due_at) == (at(1), fires(acme, task, 1))
    take_all(fires(acme, task, 1))
    assert told(acme, task) == [("schedule", 1, 1, 1)]


def test_the_grace_of_an_alarm_begins_when_a_slot_fires(acme, task):
    DueSlot.objects.exclude(periodic_task_id=task.pk).update(due_at=None)
    last_well = fires(acme, task, 1) + 15 * MINUTE

    assert raise_alarms(last_well, None) == 0
    assert raise_alarms(last_well + SECOND, None) == 1

    alarm = Alarm.objects.get()
    assert (alarm.slot_at, alarm.reason) == (at(1), "untaken")
    assert end_alarms(last_well + MINUTE) == 0
