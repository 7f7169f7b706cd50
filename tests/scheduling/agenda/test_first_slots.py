"""What each kind of schedule makes of its row: the first slot after it was written."""

from datetime import timedelta

import pytest
from django_celery_beat.models import ClockedSchedule, IntervalSchedule, SolarSchedule

from scheduling.agenda.planning import plan_due
from tests.conftest import NOON
from tests.scheduling.builders import reindex_at
from tests.scheduling.indexing import inside, slot_of, store

pytestmark = pytest.mark.usefixtures("indexed")

HOUR = timedelta(hours=1)


def test_an_interval_counts_from_its_change_and_keeps_that_anchor(acme):
    with inside(acme):
        every = IntervalSchedule.objects.create(every=10, period="minutes")
    store(acme, interval=every)

    reindex_at(acme.schema_name, NOON + timedelta(minutes=7))

    slot = slot_of(acme)
    assert slot.due_at == NOON + timedelta(minutes=10)
    assert slot.following(slot.due_at) == NOON + timedelta(minutes=20)


def test_an_interval_with_a_start_time_counts_from_there(acme):
    with inside(acme):
        every = IntervalSchedule.objects.create(every=1, period="days")
    start = NOON - timedelta(days=3, minutes=-5)

    store(acme, interval=every, start_time=start)

    assert slot_of(acme).due_at == NOON + timedelta(minutes=5)


def test_a_clocked_row_fires_at_its_instant_once(acme):
    with inside(acme):
        clocked = ClockedSchedule.objects.create(clocked_time=NOON + HOUR)
    store(acme, clocked=clocked, one_off=True)

    plan_due(NOON + HOUR)

    assert slot_of(acme).due_at is None


def test_a_solar_row_is_due_at_the_next_sunset(acme):
    with inside(acme):
        solar = SolarSchedule.objects.create(event="sunset", latitude=52.52, longitude=13.40)
    store(acme, solar=solar)

    due_at = slot_of(acme).due_at
    assert NOON + 2 * HOUR < due_at < NOON + 4 * HOUR


def test_start_time_and_expires_bound_the_slots(acme):
    store(acme, name="later", start_time=NOON + timedelta(days=2))
    store(acme, name="over", expires=NOON + HOUR / 2)

    assert slot_of(acme, "later").due_at == NOON + timedelta(days=2)
    assert slot_of(acme, "over").due_at is None


@pytest.mark.parametrize("day_of_week", ["7", "5-7", "0-7", "sun"])
def test_day_seven_is_sunday(acme, day_of_week):
    store(acme, crontab=f"0 13 * * {day_of_week}")

    assert slot_of(acme).due_at == NOON + HOUR  # NOON is a Sunday's
