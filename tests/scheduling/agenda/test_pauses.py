"""What passes while a schedule is paused or its tenant suspended, and what it leaves when deleted."""

import pytest
from django_celery_beat.models import PeriodicTask

from scheduling.agenda.models import DueSlot, Firing
from scheduling.agenda.planning import plan_due
from tenants import lifecycle
from tests.scheduling.builders import commit_at
from tests.scheduling.hours import at, beat_at, change, delete, told
from tests.scheduling.indexing import inside, slot_of, store

pytestmark = pytest.mark.usefixtures("indexed")


def test_what_a_paused_schedule_owed_is_paused_with_it(acme):
    task = store(acme)
    change(acme, task, 3.5, enabled=False)

    beat_at(acme, 6.5)

    assert told(acme, task) == [("paused", 1, 3, 3)]
    assert not DueSlot.objects.of(acme).filter(periodic_task_id=task.pk).exists()


def test_what_passes_in_a_pause_is_told_when_it_ends_and_not_fired(acme):
    task = store(acme)
    change(acme, task, 0.5, enabled=False)
    beat_at(acme, 0.5)
    assert told(acme, task) == []
    change(acme, task, 5.5, enabled=True)

    beat_at(acme, 5.6)
    beat_at(acme, 6)

    assert told(acme, task) == [("paused", 1, 5, 5), ("schedule", 6, 6, 1)]


def test_a_pause_that_came_and_went_while_no_beat_was_there_is_not_replayed(acme):
    task = store(acme)
    change(acme, task, 1.5, enabled=False)
    change(acme, task, 4.5, enabled=True)

    beat_at(acme, 4.6)

    assert told(acme, task) == [("catch_up", 1, 1, 1), ("paused", 2, 4, 3)]
    assert slot_of(acme).due_at == at(5)


def test_what_is_paused_while_no_beat_is_there_is_not_caught_up_with_when_one_is_back(acme):
    task = store(acme)
    change(acme, task, 0.5, enabled=False)

    assert plan_due(at(5.5)) == 0
    beat_at(acme, 5.5)

    assert told(acme, task) == []


def test_the_slots_of_a_suspension_are_told_when_it_ends(acme, globex):
    task, other = store(acme), store(globex)
    lifecycle.suspend("acme")
    commit_at(acme, at(2.5))
    beat_at(acme, 2.6)
    assert told(acme, task) == [("suspended", 1, 2, 2)]

    change(acme, task, 3.5, crontab="30 * * * *")
    lifecycle.resume("acme")
    commit_at(acme, at(5.25))
    beat_at(acme, 5.25)

    assert told(acme, task)[1:] == [("suspended", 3, 3, 1), ("suspended", 4.5, 4.5, 1)]
    assert not [entry for entry in told(globex, other) if entry[0] == "suspended"]


def test_a_pause_within_a_suspension_is_a_pause(acme):
    task = store(acme)
    lifecycle.suspend("acme")
    commit_at(acme, at(0.5))
    change(acme, task, 2.5, enabled=False)
    lifecycle.resume("acme")
    commit_at(acme, at(3.5))
    change(acme, task, 5.5, enabled=True)

    beat_at(acme, 5.6)

    assert told(acme, task) == [("suspended", 1, 2, 2), ("paused", 3, 5, 3)]


def test_what_a_deleted_schedule_owed_is_cancelled(acme):
    task = store(acme)
    delete(acme, task, 3.5)

    beat_at(acme, 9.5)

    assert told(acme, task) == [("cancelled", 1, 3, 3)]
    error = Firing.objects.get(tenant=acme, verdict="cancelled").error
    assert error == "The schedule was deleted before anybody took it."


def test_a_schedule_that_was_paused_and_then_deleted_keeps_both_apart(acme):
    task = store(acme)
    change(acme, task, 2.5, enabled=False)
    delete(acme, task, 5.5)

    beat_at(acme, 9.5)

    assert told(acme, task) == [("cancelled", 1, 2, 2), ("paused", 3, 5, 3)]


def test_a_schedule_that_came_and_went_unseen_has_its_slots_cancelled(acme):
    task = store(acme)
    delete(acme, task, 0)
    DueSlot.objects.of(acme).delete()
    with inside(acme):
        PeriodicTask.objects.bulk_create([task])
    commit_at(acme, at(0.5))
    delete(acme, task, 2.5)

    beat_at(acme, 9.5)

    assert told(acme, task) == [("cancelled", 1, 2, 2)]
