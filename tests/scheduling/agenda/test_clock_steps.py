"""The database's clock set back: what lies too far ahead of it is brought back, and nothing repeated."""

import time
from datetime import timedelta

import pytest

from scheduling.agenda.beat import Rounds
from scheduling.agenda.clock import NewestInstant, database_now
from scheduling.agenda.clock_steps import bring_back_firings, follow_clock, plan_again
from scheduling.agenda.ledger import LEASE
from scheduling.agenda.models import DueSlot, Firing, TenantIndex
from scheduling.agenda.planning import plan_due, plan_held
from scheduling.cadence import CrontabCadence
from tests.conftest import NOON
from tests.scheduling.builders import make_firing, make_slot

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
LATER, FAR = NOON + 3 * HOUR, NOON + timedelta(days=400)


@pytest.fixture
def ahead(db):
    """The clock had come three hours further than it says now; returns what it says now."""
    now = database_now()
    NewestInstant.objects.create(at=now + 3 * HOUR)
    return now


def due_at(slot):
    return DueSlot.objects.get(pk=slot.pk).due_at


def fired(tenant):
    firings = Firing.objects.filter(tenant=tenant, verdict="").order_by("slot_at")
    return list(firings.values_list("slot_at", flat=True))


def showing(at):
    """A database's clock that stands at this instant."""
    return lambda: at


def test_a_clock_that_goes_on_is_noted_and_changes_nothing(acme):
    slot = make_slot(acme, LATER + HOUR)
    NewestInstant.objects.create(at=NOON)

    for at in (NOON, NOON + MINUTE, NOON + 9 * HOUR):
        assert not follow_clock(showing(at))

    assert NewestInstant.objects.get().at == NOON + 9 * HOUR
    assert due_at(slot) == LATER + HOUR


def test_a_correction_by_a_second_is_no_step(acme):
    now = database_now()
    NewestInstant.objects.create(at=now)

    assert not follow_clock(lambda: now - SECOND)

    assert NewestInstant.objects.get().at == now


def test_a_step_back_is_dealt_with_once(ahead):
    assert follow_clock()
    assert not follow_clock()


def test_all_slots_are_planned_again_from_now(acme, globex, ahead):
    slots = [make_slot(tenant, ahead + 3 * HOUR, "* * * * *") for tenant in (acme, globex)]

    follow_clock()

    for slot in slots:
        assert ahead < due_at(slot) <= ahead + MINUTE + SECOND


def test_a_slot_that_is_the_next_of_its_cadence_stays(acme, globex):
    early, late = make_slot(acme, LATER, "* * * * *"), make_slot(globex, LATER, "0 15 * * *")

    assert plan_again(NOON) == 1
    assert plan_again(NOON) == 0

    assert due_at(early) == NOON + MINUTE
    assert due_at(late) == LATER


def test_a_slot_that_is_due_is_left_to_catch_up(acme):
    slot = make_slot(acme, NOON - 5 * HOUR, "* * * * *")

    plan_again(NOON)

    assert due_at(slot) == NOON - 5 * HOUR


def test_slots_are_planned_again_batch_by_batch(acme):
    slots = [make_slot(acme, LATER, f"{minute} * * * *") for minute in range(1, 8)]

    assert plan_again(NOON, batch=3) == 7

    assert [due_at(slot).minute for slot in slots] == list(range(1, 8))


def test_a_slot_that_fired_while_the_clock_was_ahead_does_not_fire_again(acme):
    slot = make_slot(acme, LATER, chosen={"overlap": "allow"})
    plan_due(LATER)
    plan_again(NOON)
    assert due_at(slot) == NOON + HOUR

    for hours in (1, 2, 3, 4):
        plan_due(NOON + hours * HOUR)

    assert fired(acme) == [NOON + HOUR, NOON + 2 * HOUR, LATER, LATER + HOUR]


def test_a_one_off_that_fired_while_the_clock_was_ahead_stays_done(acme):
    slot = make_slot(acme, LATER, one_off=True)
    plan_due(LATER)

    plan_again(NOON)
    plan_due(LATER)

    assert due_at(slot) is None
    assert fired(acme) == [LATER]


def test_a_slot_in_quarantine_and_one_that_defeats_the_arithmetic_stop_nobody(acme, globex):
    make_slot(acme, None, problem="set aside")
    broken = make_slot(acme, LATER)
    DueSlot.objects.filter(pk=broken.pk).update(cadence={"kind": "unheard of"})
    slot = make_slot(globex, LATER, "* * * * *")

    assert plan_again(NOON) == 1

    assert due_at(slot) == NOON + MINUTE
    assert due_at(broken) == LATER


def test_a_slot_that_was_held_back_is_looked_at_at_once(acme):
    make_slot(acme, NOON, held_until=LATER)

    plan_again(NOON)

    assert plan_held(NOON) == 1
    assert fired(acme) == [NOON]


def test_a_halted_tenant_is_tried_at_once(acme, globex, ahead):
    for tenant in (acme, globex):
        halted = {"halted_until": ahead + 3 * HOUR, "trouble": "a table is missing"}
        TenantIndex.objects.update_or_create(tenant=tenant, defaults=halted)

    follow_clock()

    assert not TenantIndex.objects.filter(halted_until__gt=database_now()).exists()


@pytest.mark.parametrize("state", ["planned", "published", "started"])
def test_a_firing_under_way_waits_for_nothing_that_lies_ahead(acme, state):
    times = {"planned_at": LATER, "publish_at": LATER + HOUR, "published_at": LATER}
    firing = make_firing(acme, NOON, state=state, **times)

    bring_back_firings(NOON)

    firing.refresh_from_db()
    assert {firing.planned_at, firing.publish_at, firing.published_at} == {NOON}


def test_a_settled_firing_keeps_its_times(acme):
    firing = make_firing(acme, LATER, state="settled", settled_at=LATER, published_at=LATER)

    bring_back_firings(NOON)

    firing.refresh_from_db()
    assert {firing.planned_at, firing.published_at, firing.settled_at} == {LATER}


def test_a_lease_ends_in_time_and_not_at_once(acme, globex):
    dead = make_firing(acme, NOON, state="started", leased_until=LATER)
    live = make_firing(globex, NOON, state="started", leased_until=NOON + SECOND)

    bring_back_firings(NOON)

    dead.refresh_from_db()
    live.refresh_from_db()
    assert dead.leased_until == NOON + LEASE
    assert live.leased_until == NOON + SECOND


def test_rounds_come_every_few_seconds_also_when_time_is_measured_anew():
    rounds = Rounds(5.0, clock=iter([100.0, 104.9, 105.0, 3.0, 7.9, 8.0]).__next__)

    assert [rounds.is_time() for _ in range(6)] == [True, False, True, True, False, True]


@pytest.mark.long
def test_a_hundred_thousand_slots_are_planned_again_in_seconds(acme):
    at = [f"{number % 60} {number // 60 % 24} * * *" for number in range(1440)]
    cadences = [CrontabCadence.parse(crontab, "Europe/Berlin").to_json() for crontab in at]
    for first in range(0, 100_000, 5_000):
        DueSlot.objects.bulk_create(
            DueSlot(tenant=acme, periodic_task_id=pk, cadence=cadences[pk % 1440], due_at=FAR)
            for pk in range(first, first + 5_000)
        )

    start = time.monotonic()
    assert plan_again(NOON) == 100_000
    assert time.monotonic() - start < 20
