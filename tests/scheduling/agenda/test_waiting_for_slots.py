from datetime import timedelta

import pytest
from django_celery_beat.models import PeriodicTask
from django_tenants.utils import tenant_context

from scheduling.agenda.clock import database_now
from scheduling.agenda.models import DueSlot, ScheduleChange
from scheduling.agenda.outlook import CHANGED_PAUSE, HELD_PAUSE, look_out
from tests.conftest import NOON
from tests.scheduling.builders import make_firing, make_periodic_task, make_slot, reindex_at


@pytest.fixture(autouse=True)
def no_slots(acme, globex):
    DueSlot.objects.all().delete()
    ScheduleChange.objects.all().delete()


def in_seconds(number):
    return database_now() + timedelta(seconds=number)


def test_with_nothing_to_wait_for_beat_waits_its_longest():
    assert look_out().pause(1.0) == 1.0


def test_beat_waits_until_the_next_slot_and_no_longer(acme, globex):
    make_slot(acme, in_seconds(40))
    make_slot(globex, in_seconds(20))

    assert 19 < look_out().pause(60.0) <= 20
    assert look_out().pause(1.0) == 1.0


def test_a_slot_that_is_due_is_in_other_hands_and_does_not_make_beat_spin(acme):
    make_slot(acme, in_seconds(-5))

    assert look_out().pause(60.0) == HELD_PAUSE


def test_a_slot_that_is_held_back_is_waited_for_without_spinning(acme, globex):
    held = make_slot(acme, in_seconds(-5))
    DueSlot.objects.filter(pk=held.pk).update(held_until=in_seconds(4))
    make_slot(globex, in_seconds(40))

    assert 3 < look_out().pause(60.0) <= 4


@pytest.mark.parametrize("edit", [{"kwargs": "garbage"}, {"one_off": True}], ids=str)
def test_a_slot_that_was_held_back_is_waited_for_no_more_after_an_edit(acme, edit):
    """Else beat would look for it without a pause, for as long as the row stays as it is."""
    with tenant_context(acme):
        task = make_periodic_task(crontab="0 0 1 1 *")
    reindex_at(acme.schema_name, NOON)
    DueSlot.objects.of(acme).update(held_until=in_seconds(-1))

    with tenant_context(acme):
        PeriodicTask.objects.filter(pk=task.pk).update(**edit)
        PeriodicTask.objects.exclude(pk=task.pk).delete()
    reindex_at(acme.schema_name, database_now())
    ScheduleChange.objects.all().delete()

    assert look_out().pause(1.0) == 1.0


def test_there_is_work_when_something_is_due_or_changed(acme, globex):
    ScheduleChange.objects.all().delete()
    assert not look_out().has_work

    slot = make_slot(acme, in_seconds(5))
    make_slot(globex, in_seconds(40))
    assert not look_out().has_work
    DueSlot.objects.filter(pk=slot.pk).update(due_at=in_seconds(-1))
    assert look_out().has_work
    DueSlot.objects.filter(pk=slot.pk).update(held_until=in_seconds(1))
    assert not look_out().has_work

    ScheduleChange.objects.create(schema_name=globex.schema_name, changed_at=NOON)
    assert look_out().has_work


def test_there_is_work_when_a_firing_is_to_be_published(acme):
    ScheduleChange.objects.all().delete()
    make_firing(acme, NOON, publish_at=in_seconds(5))
    assert 4 < look_out().pause(60.0) <= 5
    assert not look_out().has_work

    make_firing(acme, NOON + timedelta(hours=1), publish_at=in_seconds(-1))

    assert look_out().has_work


def test_a_change_that_another_beat_is_reading_is_looked_for_again_soon(acme):
    ScheduleChange.objects.create(schema_name=acme.schema_name, changed_at=NOON)

    assert look_out().pause(60.0) == CHANGED_PAUSE
