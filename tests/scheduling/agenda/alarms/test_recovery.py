"""When an alarm is over: a run went well, or there is none to wait for."""

from datetime import timedelta

import pytest

from scheduling.agenda.alarms.recovery import end_alarms
from scheduling.agenda.models import DueSlot
from tests.conftest import NOON
from tests.scheduling.builders import make_alarm, make_firing, make_slot

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def empty_agenda(db):
    DueSlot.objects.all().delete()


@pytest.fixture
def missed(acme, globex):
    """An alarm of each of two tenants whose schedules go on."""
    alarms = []
    for tenant in (acme, globex):
        slot = make_slot(tenant, NOON, periodic_task_id=1)
        alarms.append(make_alarm(tenant, slot.periodic_task_id, slot_at=NOON))
    return alarms


def ending_of(alarm, now=NOON + 5 * MINUTE):
    end_alarms(now)
    alarm.refresh_from_db()
    return alarm.ending


def settle(tenant, slot_at, outcome="succeeded", **fields):
    return make_firing(tenant, slot_at, state="settled", outcome=outcome, **fields)


@pytest.mark.parametrize("later", [timedelta(0), MINUTE])
def test_the_slot_or_a_later_one_ends_it(missed, acme, later):
    settle(acme, NOON + later)

    assert ending_of(missed[0]) == "ran"
    assert missed[0].recovered_at == NOON + 5 * MINUTE
    assert ending_of(missed[1]) == ""


def test_it_ends_once(missed, acme):
    settle(acme, NOON)

    assert end_alarms(NOON + MINUTE) == 1
    assert end_alarms(NOON + 2 * MINUTE) == 0


@pytest.mark.parametrize(
    "firing",
    [
        {"slot_at": NOON - MINUTE},
        {"slot_at": NOON + MINUTE, "trigger": "manual"},
        {"slot_at": NOON + MINUTE, "outcome": "failed"},
        {"slot_at": NOON + MINUTE, "outcome": "missed"},
    ],
    ids=str,
)
def test_nothing_less_ends_it(missed, acme, firing):
    settle(acme, **firing)

    assert ending_of(missed[0]) == ""


def test_it_ends_with_its_schedule(missed, acme):
    DueSlot.objects.of(acme).delete()

    assert ending_of(missed[0]) == "withdrawn"
    assert ending_of(missed[1]) == ""


def test_a_run_under_way_is_waited_for_though_its_schedule_is_gone(missed, acme):
    DueSlot.objects.of(acme).delete()
    make_firing(acme, NOON, state="started")

    assert ending_of(missed[0]) == ""


def test_an_edit_that_moves_an_untaken_slot_ends_it(missed, acme):
    DueSlot.objects.of(acme).update(due_at=NOON + timedelta(hours=1))

    assert ending_of(missed[0]) == "withdrawn"


def test_a_slot_that_was_taken_is_waited_for(missed, acme):
    DueSlot.objects.of(acme).update(due_at=NOON + timedelta(hours=1))
    settle(acme, NOON, "missed")

    assert ending_of(missed[0]) == ""
