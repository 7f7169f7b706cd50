"""Passes: by turns, whoever makes them, and complete."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.management import call_command

from scheduling.agenda.alarms.watching import LEASE, Findings, make_pass, watch_over_slots
from scheduling.agenda.clock import database_now
from scheduling.agenda.models import AlarmPass, DueSlot
from tests.conftest import NOON
from tests.scheduling.builders import make_firing, make_slot

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture(autouse=True)
def empty_agenda(db, settings):
    DueSlot.objects.all().delete()
    settings.ALARM_EMAILS = ["ops@platform.test"]


@pytest.fixture
def late(acme):
    return make_slot(acme, NOON - HOUR)


def test_a_pass_raises_mails_ends_and_mails_again(late, acme):
    assert make_pass(NOON) == Findings(raised=1, mails=2)
    assert sorted(m.to[0] for m in mail.outbox) == ["ops@platform.test", "owner@acme.test"]
    assert make_pass(NOON + MINUTE) == Findings()

    make_firing(acme, NOON, late.periodic_task_id, state="settled", outcome="succeeded")
    DueSlot.objects.update(due_at=NOON + 2 * HOUR)

    assert make_pass(NOON + MINUTE) == Findings(ended=1)
    assert make_pass(NOON + HOUR) == Findings(mails=2)
    assert make_pass(NOON + 2 * HOUR) == Findings()


def test_while_one_is_at_it_the_others_leave_it_alone(late):
    AlarmPass.objects.create(pk=1, held_until=NOON + MINUTE)

    assert make_pass(NOON) is None
    assert make_pass(NOON + MINUTE) == Findings(raised=1, mails=2)


def test_one_who_died_in_it_does_not_end_all_passes(late, monkeypatch):
    def die(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("scheduling.agenda.alarms.watching.tell_platform", die)
        with pytest.raises(KeyboardInterrupt):
            make_pass(NOON)

    assert make_pass(NOON + MINUTE) is None
    assert make_pass(NOON + LEASE) == Findings(mails=2)


def test_workers_leave_a_pause_after_each_others_passes(late):
    assert watch_over_slots() is not None
    assert watch_over_slots() is None
    assert make_pass(database_now()) is not None


def test_a_clock_that_went_back_ends_no_passes(late):
    far = NOON + timedelta(days=300)
    AlarmPass.objects.create(pk=1, held_until=far, ended_at=far, failures_seen_until=far)

    assert make_pass(NOON, MINUTE) == Findings(raised=1, mails=2)


def run_command(*arguments):
    out = StringIO()
    call_command("alarm_missed", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_makes_a_pass_and_tells_what_it_found(acme):
    make_slot(acme, NOON - HOUR, name="Close")

    answer = json.loads(run_command("--json"))
    again = run_command()

    assert answer == {
        "under_way_elsewhere": False,
        "raised": [
            {
                "tenant": "acme",
                "name": "Close",
                "slot": "2026-11-22T11:00:00Z",
                "reason": "untaken",
                "ending": None,
            }
        ],
        "recovered": [],
        "mails": 2,
    }
    assert again == "0 missed, 0 over, 0 mails.\n"


def test_the_command_says_so_when_a_worker_is_at_it(late):
    AlarmPass.objects.create(pk=1, held_until=database_now() + MINUTE)

    assert run_command() == "A worker is at it just now.\n"
