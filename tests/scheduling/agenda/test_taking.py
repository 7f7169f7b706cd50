"""What a slot gets that beat comes to too late, policy by policy."""

from datetime import timedelta

import pytest

from scheduling.agenda.models import Firing
from scheduling.agenda.planning import plan_due, plan_held
from tests.conftest import NOON
from tests.scheduling.builders import make_slot, take_all
from tests.scheduling.indexing import books_of

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
EACH_MINUTE = "* * * * *"


def told(slot):
    """Return the slot's books in hours after noon."""
    return [
        (entry.what, (entry.slot_at - NOON) / HOUR, (entry.last_slot_at - NOON) / HOUR, entry.slots)
        for entry in books_of(slot.tenant, slot)
    ]


def test_skip_misses_all_that_passed_as_one_stretch(acme, globex):
    slot = make_slot(acme, NOON, chosen={"catch_up": "skip"})
    other = make_slot(globex, NOON + 6 * HOUR)

    take_all(NOON + 5.5 * HOUR)

    assert told(slot) == [("missed", 0, 5, 6)]
    assert told(other) == []
    slot.refresh_from_db()
    assert (slot.due_at, slot.problem) == (NOON + 6 * HOUR, "")


def test_once_fires_the_latest_and_misses_those_before_it(acme):
    slot = make_slot(acme, NOON)

    take_all(NOON + 5.5 * HOUR)

    assert told(slot) == [("missed", 0, 4, 5), ("catch_up", 5, 5, 1)]


def test_once_with_a_single_missed_slot_has_no_stretch(acme):
    slot = make_slot(acme, NOON)

    take_all(NOON + 0.5 * HOUR)

    assert told(slot) == [("catch_up", 0, 0, 1)]


def test_a_slot_that_is_on_time_at_the_first_look_is_not_missed_by_the_next(acme, globex):
    slots = [make_slot(tenant, NOON, EACH_MINUTE) for tenant in (acme, globex)]
    back_at = NOON + 5 * MINUTE + 59.9 * SECOND

    plan_due(back_at)
    plan_due(back_at + 0.2 * SECOND)

    for slot in slots:
        taken = [
            (entry.what, (entry.slot_at - NOON) / MINUTE) for entry in books_of(slot.tenant, slot)
        ]
        assert taken == [("missed", 0), ("catch_up", 4), ("schedule", 5), ("skipped", 6)]


def test_all_fires_each_of_them(acme):
    slot = make_slot(acme, NOON, chosen={"catch_up": "all"})

    take_all(NOON + 2.5 * HOUR)

    assert told(slot) == [("catch_up", hour, hour, 1) for hour in range(3)]


def test_all_fires_the_latest_hundred_at_most(acme, settings):
    settings.FIRINGS_IN_FLIGHT_MAXIMUM = 200
    slot = make_slot(acme, NOON, EACH_MINUTE, chosen={"catch_up": "all"})

    take_all(NOON + 109 * MINUTE + 61 * SECOND)

    stretch, *fired = books_of(acme, slot)
    assert stretch == ("missed", NOON, NOON + 9 * MINUTE, 10)
    on_time = ("schedule", NOON + 110 * MINUTE)
    caught = [("catch_up", NOON + minute * MINUTE) for minute in range(10, 110)]
    assert [entry[:2] for entry in fired] == [*caught, on_time]


@pytest.mark.parametrize("catch_up", ["once", "all"])
def test_what_lies_before_the_window_is_missed(acme, catch_up):
    slot = make_slot(acme, NOON, chosen={"catch_up": catch_up, "catch_up_window": 3600})

    take_all(NOON + 4.5 * HOUR)

    assert told(slot) == [("missed", 0, 3, 4), ("catch_up", 4, 4, 1)]


def test_a_slot_at_the_very_edge_of_the_window_is_missed(acme):
    slot = make_slot(acme, NOON, chosen={"catch_up_window": 1800})

    take_all(NOON + HOUR / 2)

    assert told(slot) == [("missed", 0, 0, 1)]


def test_the_platforms_default_counts_where_nothing_is_chosen(acme, settings):
    settings.SCHEDULE_POLICIES = settings.SCHEDULE_POLICIES | {"catch_up": "skip"}
    by_default = make_slot(acme, NOON)
    chosen = make_slot(acme, NOON, chosen={"catch_up": "once"})

    take_all(NOON + 0.5 * HOUR)

    assert told(by_default) == [("missed", 0, 0, 1)]
    assert told(chosen) == [("catch_up", 0, 0, 1)]


def test_slots_of_the_last_minute_are_on_time_also_after_missed_ones(acme):
    slot = make_slot(acme, NOON, EACH_MINUTE)

    take_all(NOON + 3 * MINUTE)

    assert books_of(acme, slot) == [
        ("missed", NOON, NOON, 1),
        ("catch_up", NOON + MINUTE, NOON + MINUTE, 1),
        ("schedule", NOON + 2 * MINUTE, NOON + 2 * MINUTE, 1),  # 60 seconds ago, and not a bit more
        ("schedule", NOON + 3 * MINUTE, NOON + 3 * MINUTE, 1),
    ]


def test_a_tenant_without_room_catches_up_as_room_comes(acme, settings):
    settings.FIRINGS_IN_FLIGHT_MAXIMUM = 2
    slot = make_slot(acme, NOON, chosen={"catch_up": "all"})
    take_all(NOON + 4.5 * HOUR)
    slot.refresh_from_db()
    assert (slot.due_at, len(told(slot))) == (NOON + 2 * HOUR, 2)
    Firing.objects.filter(tenant=acme).update(state="settled")

    plan_held(NOON + 4.6 * HOUR)
    Firing.objects.filter(tenant=acme).update(state="settled")
    plan_held(NOON + 4.7 * HOUR)

    assert told(slot) == [("catch_up", hour, hour, 1) for hour in range(5)]


def test_room_is_shared_by_all_schedules_of_a_batch(acme, globex, settings):
    settings.FIRINGS_IN_FLIGHT_MAXIMUM = 3
    chosen = {"catch_up": "all"}
    mine = [make_slot(acme, NOON, chosen=chosen, periodic_task_id=number) for number in (1, 2)]
    theirs = make_slot(globex, NOON, chosen=chosen)

    plan_due(NOON + 1.5 * HOUR)

    assert [len(told(slot)) for slot in (*mine, theirs)] == [2, 1, 2]


def test_a_missed_one_off_catches_up(acme):
    slot = make_slot(acme, NOON, one_off=True)

    take_all(NOON + 5.5 * HOUR)

    assert told(slot) == [("catch_up", 0, 0, 1)]
    slot.refresh_from_db()
    assert (slot.due_at, slot.problem) == (None, "")


@pytest.mark.parametrize("chosen", [{"catch_up": "skip"}, {"catch_up_window": 60}], ids=str)
def test_a_one_off_that_does_not_catch_up_is_missed_once(acme, chosen):
    slot = make_slot(acme, NOON, one_off=True, chosen=chosen)

    take_all(NOON + 5.5 * HOUR)

    assert told(slot) == [("missed", 0, 0, 1)]
    slot.refresh_from_db()
    assert slot.due_at is None
    assert slot.problem.startswith("missed: ")


def test_a_verdict_is_for_a_worker_to_write_down_and_takes_room_until_then(acme, globex):
    slot = make_slot(acme, NOON, chosen={"catch_up": "skip"})

    take_all(NOON + 5.5 * HOUR)

    firing = Firing.objects.get(tenant=acme)
    assert (firing.state, firing.error) == ("planned", "Nobody was there to take it in time.")
    assert firing.pk == Firing.id_of(acme.pk, slot.periodic_task_id, NOON)


def test_a_verdict_on_the_platforms_own_schedule_is_settled_at_once(platform_tenant):
    make_slot(platform_tenant, NOON, queue="platform", chosen={"catch_up": "skip"})

    take_all(NOON + 0.5 * HOUR)

    firing = Firing.objects.get(tenant=platform_tenant)
    assert (firing.state, firing.outcome) == ("settled", "missed")
    assert firing.settled_at == NOON + 0.5 * HOUR


def test_a_schedule_that_expired_meanwhile_has_only_the_slots_before(acme):
    cadence = {"kind": "crontab", "crontab": "0 * * * *", "timezone": "UTC"}
    expires_at = (NOON + 2.5 * HOUR).isoformat()
    slot = make_slot(acme, NOON, cadence=cadence | {"expires_at": expires_at})

    take_all(NOON + 9.5 * HOUR)

    assert told(slot) == [("missed", 0, 1, 2), ("catch_up", 2, 2, 1)]
    slot.refresh_from_db()
    assert slot.due_at is None
