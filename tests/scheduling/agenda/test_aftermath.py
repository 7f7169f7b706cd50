"""What a schedule owed when it was changed while no beat was there."""

import pytest
from django_celery_beat.models import ClockedSchedule

from scheduling.models import Policy
from tests.scheduling.builders import commit_at
from tests.scheduling.hours import at, beat_at, change, delete, told
from tests.scheduling.indexing import inside, slot_of, store, versions_of

pytestmark = pytest.mark.usefixtures("indexed")


def test_what_an_edited_schedule_owed_is_caught_up_with(acme, globex):
    task, other = store(acme), store(globex)
    change(acme, task, 3.5, crontab="30 * * * *")

    beat_at(acme, 6.25)

    assert told(acme, task) == [
        ("missed", 1, 2, 2),
        ("catch_up", 3, 3, 1),
        ("missed", 4.5, 4.5, 1),
        ("catch_up", 5.5, 5.5, 1),
    ]
    assert told(globex, other) == [("missed", 1, 5, 5), ("catch_up", 6, 6, 1)]


def test_an_edit_never_fires_a_slot_before_it(acme):
    task = store(acme, crontab="0 20 * * *")
    change(acme, task, 3.5, crontab="0 * * * *")

    beat_at(acme, 3.6)

    assert told(acme, task) == []
    assert slot_of(acme).due_at == at(4)


def test_an_edit_takes_slots_from_its_very_commit_on(acme):
    task = store(acme)
    change(acme, task, 3, name="at three sharp")

    beat_at(acme, 3.5)

    assert told(acme, task) == [("missed", 1, 2, 2), ("catch_up", 3, 3, 1)]


@pytest.mark.parametrize("seconds", [60, 61])
def test_a_slot_that_was_left_by_less_than_a_minute_is_on_time(acme, seconds):
    task = store(acme, crontab="0 13 * * *")
    change(acme, task, 1, crontab="0 20 * * *")

    beat_at(acme, 1 + seconds / 3600)

    assert told(acme, task) == [("schedule" if seconds == 60 else "catch_up", 1, 1, 1)]


def test_the_policy_of_the_time_counts(acme):
    task = store(acme)
    with inside(acme):
        Policy.objects.create(periodic_task_id=task.pk, catch_up="all")
    commit_at(acme, at(2.5))

    beat_at(acme, 4.5)

    assert told(acme, task) == [
        ("missed", 1, 1, 1),
        ("catch_up", 2, 2, 1),
        ("catch_up", 3, 3, 1),
        ("catch_up", 4, 4, 1),
    ]


def test_each_slot_of_each_version_has_one_state_after_many_edits(acme):
    task = store(acme)
    change(acme, task, 2.5, crontab="30 * * * *")
    change(acme, task, 4.75, enabled=False)
    change(acme, task, 6.75, enabled=True)
    change(acme, task, 7.75, enabled=False, crontab="0 * * * *")
    change(acme, task, 9.5, enabled=True)

    for _ in range(2):
        beat_at(acme, 11.5)

    assert told(acme, task) == [
        ("missed", 1, 1, 1),
        ("catch_up", 2, 2, 1),
        ("missed", 3.5, 3.5, 1),
        ("catch_up", 4.5, 4.5, 1),
        ("paused", 5.5, 6.5, 2),
        ("catch_up", 7.5, 7.5, 1),
        ("paused", 8, 9, 2),
        ("missed", 10, 10, 1),
        ("catch_up", 11, 11, 1),
    ]


def test_a_schedule_whose_cadence_changed_fires_nothing_more_of_the_old_one(acme):
    """Also when a beat comes to its slots before it comes to the change."""
    task = store(acme)
    change(acme, task, 0.5, crontab="0 20 * * *")

    beat_at(acme, 5.5)

    assert told(acme, task) == []
    assert slot_of(acme).due_at == at(8)


def test_settling_the_past_twice_settles_it_once(acme):
    task = store(acme)
    change(acme, task, 3.5, name="renamed")

    beat_at(acme, 4.5)
    before = told(acme, task)
    for hours in (4.5, 4.6, 4.7):
        beat_at(acme, hours)

    assert told(acme, task) == before
    assert all(version.is_processed or version.to_at is None for version in versions_of(acme, task))


def clocked(tenant, hours):
    with inside(tenant):
        return ClockedSchedule.objects.create(clocked_time=at(hours))


def test_a_one_off_that_was_left_by_its_renaming_fires_once(acme):
    task = store(acme, clocked=clocked(acme, 1), one_off=True)
    change(acme, task, 2, name="renamed")

    beat_at(acme, 3)

    assert told(acme, task) == [("catch_up", 1, 1, 1)]


def test_a_one_off_that_was_paused_in_time_is_paused_once(acme):
    task = store(acme, clocked=clocked(acme, 1), one_off=True)
    change(acme, task, 2, enabled=False)

    beat_at(acme, 3)

    assert told(acme, task) == [("paused", 1, 1, 1)]


def test_a_one_off_whose_instant_passes_in_a_pause_is_paused_and_over(acme):
    task = store(acme, clocked=clocked(acme, 3), one_off=True)
    change(acme, task, 1, enabled=False)
    change(acme, task, 2, name="renamed in the pause")
    change(acme, task, 4, enabled=True)

    beat_at(acme, 5)
    beat_at(acme, 6)

    assert told(acme, task) == [("paused", 3, 3, 1)]
    assert slot_of(acme, "renamed in the pause").due_at is None
    assert [
        slot_at for version in versions_of(acme, task) for slot_at in version.slots(at(0), at(6))
    ] == [at(3)]


def test_a_one_off_of_a_cadence_waits_for_its_pause_to_end(acme):
    task = store(acme, one_off=True)
    change(acme, task, 0.5, enabled=False)
    change(acme, task, 4.5, enabled=True)

    beat_at(acme, 5)

    assert told(acme, task) == [("schedule", 5, 5, 1)]


def test_a_recurring_row_that_is_a_one_off_owes_one_slot(acme):
    task = store(acme, one_off=True)
    delete(acme, task, 3.5)

    beat_at(acme, 4)

    assert told(acme, task) == [("cancelled", 1, 1, 1)]
