"""Slots that come while an earlier run of their schedule is still going."""

from datetime import datetime, timedelta

import pytest

from scheduling.agenda import ledger
from scheduling.agenda.dispatch import publish_planned
from scheduling.agenda.models import Firing
from tests.conftest import NOON
from tests.scheduling.builders import make_firing, make_slot, take_all
from tests.scheduling.indexing import books_of

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)


def plan_at(*instants):
    """Have beat there at each of these instants, and nobody who runs what it plans."""
    for now in instants:
        take_all(now)


def told(slot):
    return [entry.what for entry in books_of(slot.tenant, slot)]


def sent(now):
    """Have beat publish; return the slots of what went out."""
    out: list[datetime] = []

    def publish(firings):
        out.extend(datetime.fromisoformat(firing.slot_at) for firing in firings)
        return len(firings)

    publish_planned(publish, now)
    return out


def settle(tenant, **lookup):
    Firing.objects.filter(tenant=tenant, **lookup).update(state="settled")


def test_skip_is_the_default_and_counts_each_slot(acme, globex):
    slot, other = make_slot(acme, NOON), make_slot(globex, NOON + HOUR)

    plan_at(NOON, NOON + HOUR, NOON + 2 * HOUR)

    assert told(slot) == ["schedule", "skipped", "skipped"]
    assert told(other) == ["schedule", "skipped"]
    error = Firing.objects.filter(tenant=acme, verdict="skipped").values_list("error", flat=True)
    assert set(error) == {"An earlier run was still going."}


def test_a_slot_after_the_run_has_ended_fires(acme):
    slot = make_slot(acme, NOON)
    plan_at(NOON, NOON + HOUR)
    settle(acme)

    plan_at(NOON + 2 * HOUR)

    assert told(slot) == ["schedule", "skipped", "schedule"]


def test_allow_lets_runs_go_side_by_side(acme):
    slot = make_slot(acme, NOON, chosen={"overlap": "allow"})

    plan_at(NOON, NOON + HOUR)

    assert told(slot) == ["schedule", "schedule"]
    assert not Firing.objects.filter(waits=True).exists()


def test_of_slots_that_wait_there_is_one_and_the_others_are_skipped(acme):
    slot = make_slot(acme, NOON, chosen={"overlap": "wait"})

    plan_at(NOON, NOON + HOUR, NOON + 2 * HOUR)

    assert told(slot) == ["schedule", "schedule", "skipped"]
    assert Firing.objects.get(waits=True).slot_at == NOON + HOUR


def test_of_slots_that_are_caught_up_with_too_one_waits(acme):
    slot = make_slot(acme, NOON, chosen={"overlap": "wait", "catch_up": "all"})
    plan_at(NOON)

    plan_at(NOON + 4.5 * HOUR)

    assert told(slot) == ["schedule", "catch_up", "skipped", "skipped", "skipped"]


def test_who_waits_is_sent_when_the_run_before_it_has_ended(acme):
    make_slot(acme, NOON, chosen={"overlap": "wait"})
    plan_at(NOON, NOON + HOUR)
    assert sent(NOON + HOUR) == [NOON]
    assert sent(NOON + HOUR + SECOND) == []
    settle(acme, slot_at=NOON)

    assert sent(NOON + HOUR + SECOND * 3 / 2) == []
    assert sent(NOON + HOUR + 2 * SECOND) == [NOON + HOUR]

    firing = Firing.objects.get(slot_at=NOON + HOUR)
    assert (firing.waits, firing.state) == (False, "published")


def test_who_waited_is_waited_for_in_turn(acme):
    slot = make_slot(acme, NOON, chosen={"overlap": "wait"})
    plan_at(NOON, NOON + HOUR)
    settle(acme, slot_at=NOON)
    sent(NOON + HOUR)

    plan_at(NOON + 2 * HOUR)

    assert told(slot) == ["schedule"] * 3
    assert sent(NOON + 2 * HOUR) == []


def test_a_message_of_one_that_waits_begins_nothing(acme):
    firing = make_firing(acme, NOON, waits=True)

    assert not ledger.begin(firing)

    firing.refresh_from_db()
    assert (firing.state, firing.attempts) == ("planned", 0)


@pytest.mark.parametrize(
    "fields", [{"trigger": "manual"}, {"verdict": "missed"}, {"state": "settled"}], ids=str
)
def test_who_waits_is_not_kept_by_what_is_no_run_of_its_cadence(acme, globex, fields):
    make_firing(acme, NOON + HOUR, waits=True)
    make_firing(acme, NOON, publish_at=NOON + 9 * HOUR, **fields)
    make_firing(globex, NOON, publish_at=NOON + 9 * HOUR)
    make_firing(acme, NOON, periodic_task_id=2, publish_at=NOON + 9 * HOUR)

    assert sent(NOON + HOUR) == [NOON + HOUR]


@pytest.mark.parametrize(
    "fields",
    [{"trigger": "manual"}, {"verdict": "missed"}, {"state": "settled"}, {"periodic_task_id": 2}],
    ids=str,
)
def test_a_slot_does_not_overlap_with_what_is_no_run_of_its_cadence(acme, globex, fields):
    slot = make_slot(acme, NOON, periodic_task_id=1)
    make_firing(acme, NOON - HOUR, **fields)
    make_firing(globex, NOON - HOUR, periodic_task_id=1)

    plan_at(NOON)

    assert told(slot)[-1] == "schedule"


@pytest.mark.parametrize("state", Firing.IN_FLIGHT)
def test_a_run_is_going_from_its_planning_to_its_end(acme, state):
    slot = make_slot(acme, NOON, periodic_task_id=1)
    make_firing(acme, NOON - HOUR, state=state)

    plan_at(NOON)

    assert told(slot) == ["schedule", "skipped"]


def test_slots_that_are_caught_up_with_do_not_overlap_with_each_other(acme):
    slot = make_slot(acme, NOON, "* * * * *", chosen={"catch_up": "all"})

    plan_at(NOON + 3 * MINUTE + SECOND)

    assert told(slot) == ["catch_up"] * 3 + ["schedule"]


def test_the_slot_after_one_that_was_caught_up_with_overlaps_with_it(acme):
    slot = make_slot(acme, NOON)

    plan_at(NOON + HOUR / 2, NOON + HOUR)

    assert told(slot) == ["catch_up", "skipped"]


def test_a_slot_that_came_before_the_run_in_flight_was_planned_fires(acme):
    """Beat came late to both: when the first was due, nothing was going."""
    slot = make_slot(acme, NOON + MINUTE, "* * * * *", periodic_task_id=1)
    make_firing(acme, NOON, planned_at=NOON + MINUTE)

    plan_at(NOON + MINUTE + SECOND)

    assert told(slot) == ["schedule", "schedule"]


def test_the_earliest_run_in_flight_decides(acme):
    slot = make_slot(acme, NOON + MINUTE, "* * * * *", periodic_task_id=1)
    for number, planned_at in enumerate((NOON, NOON + 2 * MINUTE, NOON + 3 * MINUTE)):
        make_firing(acme, NOON - number * HOUR, planned_at=planned_at)

    plan_at(NOON + MINUTE)

    assert told(slot)[-1] == "skipped"
