from datetime import UTC, timedelta
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.agenda.models import DueSlot, Firing
from scheduling.agenda.planning import plan_due, plan_held
from tests.conftest import NOON
from tests.scheduling.builders import make_slot, take_all

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
#: Written here once more: with another one, what was planned before an upgrade would fire again.
OURS = UUID("4f0d5f52-5c1c-4f0e-9d52-8f1f6d6b5a0e")


def fired(tenant):
    firings = Firing.objects.filter(tenant=tenant, verdict="").order_by("slot_at")
    return list(firings.values_list("slot_at", "trigger"))


def test_a_due_slot_fires_once(acme, globex):
    slot = make_slot(acme, NOON)

    plan_due(NOON)
    plan_due(NOON)

    assert fired(acme) == [(NOON, "schedule")]
    assert fired(globex) == []
    slot.refresh_from_db()
    assert slot.due_at == NOON + HOUR


def test_a_slot_that_is_not_due_yet_waits(acme):
    make_slot(acme, NOON)

    assert plan_due(NOON - SECOND) == 0
    assert fired(acme) == []


def test_tenants_with_the_same_row_id_and_slot_both_fire(acme, globex):
    make_slot(acme, NOON, periodic_task_id=1)
    make_slot(globex, NOON, periodic_task_id=1)

    assert plan_due(NOON) == 2

    assert fired(acme) == fired(globex) == [(NOON, "schedule")]


def test_a_slot_taken_again_after_the_clock_went_back_fires_no_second_time(acme):
    slot = make_slot(acme, NOON)
    plan_due(NOON)
    DueSlot.objects.filter(pk=slot.pk).update(due_at=NOON)

    plan_due(NOON)

    assert fired(acme) == [(NOON, "schedule")]


def test_a_slot_that_has_its_firing_already_keeps_no_other_from_its_own(acme, globex):
    slot = make_slot(acme, NOON)
    plan_due(NOON)
    DueSlot.objects.filter(pk=slot.pk).update(due_at=NOON)
    make_slot(globex, NOON)

    plan_due(NOON)

    assert fired(acme) == fired(globex) == [(NOON, "schedule")]


def test_the_firing_of_a_slot_always_has_the_same_id(acme, globex):
    assert Firing.id_of(acme.pk, 1, NOON) == Firing.id_of(acme.pk, 1, NOON)
    ids = {
        Firing.id_of(acme.pk, 1, NOON),
        Firing.id_of(globex.pk, 1, NOON),
        Firing.id_of(acme.pk, 2, NOON),
        Firing.id_of(acme.pk, 1, NOON + HOUR),
    }
    assert len(ids) == 4


@given(st.integers(1, 2**31), st.integers(1, 2**31), st.datetimes(timezones=st.just(UTC)))
def test_it_is_the_uuid_of_the_slots_name_in_our_namespace(tenant_id, periodic_task_id, slot_at):
    name = f"{tenant_id}/{periodic_task_id}/{slot_at.isoformat()}"

    assert Firing.id_of(tenant_id, periodic_task_id, slot_at) == uuid5(OURS, name)


def test_after_an_outage_the_latest_missed_slot_fires_once(acme):
    slot = make_slot(acme, NOON)

    take_all(NOON + timedelta(hours=5, minutes=30))

    assert fired(acme) == [(NOON + 5 * HOUR, "catch_up")]
    slot.refresh_from_db()
    assert slot.due_at == NOON + 6 * HOUR


def test_a_missed_night_fires_when_beat_is_back_and_not_at_midnight(acme):
    """The upstream beat turns a missed 02:00 into a run at 00:00 the next day."""
    two_at_night = NOON.replace(hour=2)
    slot = make_slot(acme, two_at_night, crontab="0 2 * * *")

    plan_due(two_at_night.replace(hour=8))

    assert fired(acme) == [(two_at_night, "catch_up")]
    slot.refresh_from_db()
    assert slot.due_at == two_at_night + timedelta(days=1)


def test_what_was_missed_longer_than_a_day_ago_does_not_fire(acme):
    slot = make_slot(acme, NOON, crontab="0 12 22 11 *")

    plan_due(NOON + timedelta(days=1, seconds=1))

    assert fired(acme) == []
    slot.refresh_from_db()
    assert slot.due_at == NOON.replace(year=2027)


@pytest.mark.parametrize(("late", "trigger"), [(60, "schedule"), (61, "catch_up")])
def test_a_minute_late_is_still_on_time(acme, late, trigger):
    make_slot(acme, NOON)

    plan_due(NOON + late * SECOND)

    assert fired(acme) == [(NOON, trigger)]


def test_a_one_off_fires_once_and_is_never_due_again(acme):
    slot = make_slot(acme, NOON, one_off=True)

    plan_due(NOON)
    plan_due(NOON + HOUR)

    assert fired(acme) == [(NOON, "schedule")]
    slot.refresh_from_db()
    assert slot.due_at is None


def test_a_one_off_missed_too_long_ago_says_so(acme):
    slot = make_slot(acme, NOON, crontab="0 12 22 11 *", one_off=True)

    plan_due(NOON + timedelta(days=1, seconds=1))

    slot.refresh_from_db()
    assert slot.due_at is None
    assert slot.problem.startswith("missed: ")


def test_a_slot_that_cannot_be_computed_is_set_aside_and_holds_up_no_other(acme, globex):
    broken = make_slot(acme, NOON, cadence={"kind": "lunar"})
    make_slot(globex, NOON)

    plan_due(NOON)

    assert fired(globex) == [(NOON, "schedule")]
    broken.refresh_from_db()
    assert broken.due_at is None
    assert broken.problem.startswith("cadence: ")


def test_no_more_than_the_limit_is_taken_at_once_oldest_first(acme):
    make_slot(acme, NOON)
    make_slot(acme, NOON - HOUR / 60, "59 * * * *")

    assert plan_due(NOON, limit=1) == 1

    assert fired(acme) == [(NOON - HOUR / 60, "schedule")]


def test_of_slots_due_at_one_instant_a_tenants_are_taken_together(acme, globex):
    slots = [make_slot(tenant, NOON) for tenant in (acme, globex, acme, globex)]
    earlier = make_slot(
        max(acme, globex, key=lambda tenant: tenant.pk), NOON - timedelta(minutes=1)
    )

    assert [plan_due(NOON, limit) for limit in (1, 2)] == [1, 2]

    first = min(acme, globex, key=lambda tenant: tenant.pk)
    own = {(slot.tenant_id, slot.periodic_task_id) for slot in slots if slot.tenant == first}
    taken = set(Firing.objects.values_list("tenant", "periodic_task_id"))
    assert taken == own | {(earlier.tenant_id, earlier.periodic_task_id)}


def test_a_tenant_with_too_many_firings_in_flight_waits_and_its_neighbour_does_not(
    acme, globex, settings
):
    settings.FIRINGS_IN_FLIGHT_MAXIMUM = 2
    for number in range(3):
        make_slot(acme, NOON, periodic_task_id=number)
    make_slot(globex, NOON)

    take_all(NOON)

    assert len(fired(acme)) == 2
    assert len(fired(globex)) == 1
    assert DueSlot.objects.filter(tenant=acme, due_at=NOON, held_until=NOON + 5 * SECOND).exists()


def test_a_slot_that_was_held_fires_once_there_is_room(acme, settings):
    settings.FIRINGS_IN_FLIGHT_MAXIMUM = 1
    first, second = (make_slot(acme, NOON, periodic_task_id=number) for number in (1, 2))
    plan_due(NOON)
    Firing.objects.filter(tenant=acme).update(state="settled")

    assert plan_held(NOON + 4 * SECOND) == 0
    assert plan_held(NOON + 5 * SECOND) == 1

    assert fired(acme) == [(NOON, "schedule")] * 2
    for slot in (first, second):
        slot.refresh_from_db()
        assert (slot.due_at, slot.held_until) == (NOON + HOUR, None)


def test_of_slots_that_were_held_too_long_the_latest_catches_up(acme, settings):
    settings.FIRINGS_IN_FLIGHT_MAXIMUM = 0
    make_slot(acme, NOON)
    plan_due(NOON)
    settings.FIRINGS_IN_FLIGHT_MAXIMUM = 1

    plan_held(NOON + 2 * HOUR + 61 * SECOND)

    assert fired(acme) == [(NOON + 2 * HOUR, "catch_up")]


def test_slots_that_were_held_keep_nobody_waiting_who_is_newly_due(acme, globex, settings):
    settings.FIRINGS_IN_FLIGHT_MAXIMUM = 0
    make_slot(acme, NOON)
    plan_due(NOON)
    settings.FIRINGS_IN_FLIGHT_MAXIMUM = 1
    make_slot(globex, NOON + 5 * SECOND)

    assert plan_due(NOON + 5 * SECOND, limit=1) == 1

    assert fired(globex) == [(NOON + 5 * SECOND, "schedule")]
