from datetime import timedelta

import pytest

from scheduling.agenda.beat import HELD_PAUSE, seconds_until_due
from scheduling.agenda.clock import database_now
from scheduling.agenda.models import DueSlot
from tests.scheduling.builders import make_slot


@pytest.fixture(autouse=True)
def no_slots(acme, globex):
    DueSlot.objects.all().delete()


def in_seconds(number):
    return database_now() + timedelta(seconds=number)


def test_with_nothing_to_wait_for_beat_waits_its_longest():
    assert seconds_until_due(1.0) == 1.0


def test_beat_waits_until_the_next_slot_and_no_longer(acme, globex):
    make_slot(acme, in_seconds(40))
    make_slot(globex, in_seconds(20))

    assert 19 < seconds_until_due(60.0) <= 20
    assert seconds_until_due(1.0) == 1.0


def test_a_slot_that_is_due_is_in_other_hands_and_does_not_make_beat_spin(acme):
    make_slot(acme, in_seconds(-5))

    assert seconds_until_due(60.0) == HELD_PAUSE


def test_a_slot_that_is_held_back_is_waited_for_without_spinning(acme, globex):
    held = make_slot(acme, in_seconds(-5))
    DueSlot.objects.filter(pk=held.pk).update(held_until=in_seconds(4))
    make_slot(globex, in_seconds(40))

    assert 3 < seconds_until_due(60.0) <= 4
