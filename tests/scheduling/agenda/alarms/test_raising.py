"""What is late: found once, of whatever tenant, and not before its grace is over."""

from datetime import timedelta

import pytest

from scheduling.agenda.alarms import raising
from scheduling.agenda.alarms.raising import raise_alarms
from scheduling.agenda.models import Alarm, DueSlot
from tests.conftest import NOON
from tests.scheduling.builders import make_alarm, make_firing, make_slot

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
GRACE = timedelta(minutes=15)
LATE = NOON - GRACE - SECOND


@pytest.fixture(autouse=True)
def empty_agenda(db):
    DueSlot.objects.all().delete()


def alarms_raised(now=NOON, seen_until=None):
    before = set(Alarm.objects.values_list("pk", flat=True))
    raise_alarms(now, seen_until)
    return [(a.tenant.slug, a.reason) for a in Alarm.objects.exclude(pk__in=before).order_by("pk")]


def test_a_slot_that_nobody_takes_raises_one_alarm(acme, globex):
    late = make_slot(acme, LATE)
    make_slot(globex, LATE + SECOND)

    assert alarms_raised() == [("acme", "untaken")]
    assert alarms_raised() == []
    alarm = Alarm.objects.get()
    assert (alarm.periodic_task_id, alarm.name) == (late.periodic_task_id, late.name)
    assert (alarm.slot_at, alarm.raised_at) == (LATE, NOON)


def test_a_slot_that_is_held_back_is_missed_too(acme):
    make_slot(acme, LATE, held_until=NOON)

    assert alarms_raised() == [("acme", "held")]


def test_a_tenant_that_is_not_active_misses_nothing(acme):
    acme.state = acme.State.SUSPENDED
    acme.save()
    make_slot(acme, LATE)
    make_firing(acme, LATE)

    assert alarms_raised() == []


@pytest.mark.parametrize(
    ("state", "reason"),
    [("planned", "unsent"), ("published", "unstarted"), ("started", "unfinished")],
)
def test_a_firing_that_comes_to_no_end_is_told_with_where_it_is(acme, globex, state, reason):
    make_firing(acme, LATE, state=state)
    make_firing(globex, LATE + SECOND, state=state)

    assert alarms_raised() == [("acme", reason)]


def test_a_firing_planned_late_has_its_grace_from_then_on(acme):
    make_firing(acme, LATE - GRACE, planned_at=NOON - MINUTE)

    assert alarms_raised() == []
    assert alarms_raised(NOON + GRACE) == [("acme", "unsent")]


@pytest.mark.parametrize(("seconds", "late"), [(60, True), (3600, False)])
def test_a_schedule_has_the_grace_that_its_tenant_chose(acme, seconds, late):
    make_slot(acme, NOON - 2 * MINUTE, chosen={"alarm_after": seconds})
    make_slot(acme, NOON + MINUTE, periodic_task_id=2, chosen={"alarm_after": seconds})
    make_firing(acme, NOON - 2 * MINUTE, periodic_task_id=2)

    assert alarms_raised() == ([("acme", "untaken"), ("acme", "unsent")] if late else [])


def settled(tenant, slot_at, outcome, **fields):
    return make_firing(
        tenant, slot_at, state="settled", outcome=outcome, settled_at=slot_at, **fields
    )


def test_a_firing_that_failed_for_good_is_told_at_once(acme, globex):
    settled(acme, NOON - MINUTE, "failed")
    settled(globex, NOON - MINUTE, "succeeded")

    assert alarms_raised() == [("acme", "failed")]


def test_a_schedule_that_fails_and_fails_has_one_alarm(acme):
    for minutes in (3, 2, 1):
        settled(acme, NOON - minutes * MINUTE, "failed")

    assert alarms_raised() == [("acme", "failed")]
    settled(acme, NOON, "failed")
    assert alarms_raised(NOON + MINUTE) == []


def test_what_beat_came_too_late_for_is_told(acme, globex):
    for tenant in (acme, globex):
        settled(tenant, NOON - MINUTE, "missed")
    make_firing(globex, NOON, trigger="catch_up")

    assert alarms_raised() == [("acme", "missed")]


def test_that_a_slot_was_skipped_or_paused_is_no_alarm(acme):
    for number, outcome in enumerate(("skipped", "paused", "cancelled", "suspended")):
        settled(acme, NOON - MINUTE, outcome, periodic_task_id=number)
    make_firing(acme, LATE, verdict="paused", periodic_task_id=7)

    assert alarms_raised() == []


def test_a_failure_before_a_success_is_no_news(acme):
    settled(acme, NOON - 2 * MINUTE, "failed")
    settled(acme, NOON - MINUTE, "succeeded")
    make_firing(acme, LATE, state="started")

    assert alarms_raised() == []


def test_a_run_by_hand_raises_nothing_and_hides_nothing(acme):
    settled(acme, NOON - 2 * MINUTE, "failed", trigger="manual", periodic_task_id=1)
    settled(acme, NOON - 2 * MINUTE, "failed", periodic_task_id=2)
    settled(acme, NOON - MINUTE, "succeeded", trigger="manual", periodic_task_id=2)
    make_firing(acme, LATE, trigger="manual", periodic_task_id=3)

    assert alarms_raised() == [("acme", "failed")]


def test_failures_that_were_looked_at_are_not_looked_at_again(acme):
    settled(acme, NOON - timedelta(hours=1), "failed")

    assert alarms_raised(seen_until=NOON - timedelta(minutes=10)) == []
    assert alarms_raised(seen_until=NOON - timedelta(hours=1)) == [("acme", "failed")]


def test_a_clock_that_went_back_hides_no_failure(acme):
    settled(acme, NOON - SECOND, "failed")

    assert alarms_raised(seen_until=NOON + timedelta(days=300)) == [("acme", "failed")]


def test_the_slot_of_an_alarm_that_ended_raises_no_other(acme):
    slot = make_slot(acme, LATE)
    over = {"recovered_at": NOON, "ending": "withdrawn"}
    make_alarm(acme, slot.periodic_task_id, slot_at=LATE, **over)

    assert alarms_raised() == []
    DueSlot.objects.update(due_at=LATE + SECOND)
    assert alarms_raised(NOON + MINUTE) == [("acme", "untaken")]


def test_more_than_a_batch_is_told_in_one_pass(acme, globex, monkeypatch):
    monkeypatch.setattr(raising, "BATCH", 2)
    for number in range(5):
        make_slot((acme, globex)[number % 2], LATE - number * SECOND)

    assert len(alarms_raised()) == 5
