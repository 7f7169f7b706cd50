"""The mail that a run awaits approval: to each owner once, in the owner's language."""

from datetime import timedelta
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django_tenants.utils import tenant_context

from scheduling import held_mail
from scheduling.agenda.clock import database_now
from scheduling.models import Hold
from tests.conftest import NOON
from tests.people import make_user
from tests.scheduling.builders import make_firing
from tests.scheduling.holdings import (
    come_back,
    held,
    hold_of,
    let_expire,
    make_orders,
    plan_closing,
    run,
    run_of,
)

MINUTE = timedelta(minutes=1)


class DeadServer:
    def open(self):
        raise SMTPServerDisconnected("gone")

    def close(self):
        pass


def another(tenant):
    """Return the firing of another schedule's run that is held."""
    firing = plan_closing(tenant, 1, 1, 1, 1, 1, name="another one")
    return firing, run(firing)


def test_owners_are_told_once_what_is_held_and_why(acme, globex):
    make_user(acme, "ann@acme.test", "owner", timezone="Asia/Tokyo")
    make_user(acme, "unwilling@acme.test", "owner", mail_held_runs=False)
    make_user(acme, "manager@acme.test", "manager")
    firing = held(acme)
    for _ in range(2):
        come_back(firing)

    first, second = mail.outbox

    assert [first.to, second.to] == [["owner@acme.test"], ["ann@acme.test"]]
    assert first.subject == "Acme: 1 run awaits your approval"
    assert "It would close 101; usually a run closes about 10." in first.body
    assert "13:00 CET" in first.body
    assert "21:00 JST" in second.body
    path = f"/admin/scheduling/run/{run_of(firing).pk}/approval/"
    assert f"acme.localhost{path}" in first.body
    assert first.extra_headers["Auto-Submitted"] == "auto-generated"
    assert firing.publish_at == hold_of(firing).expires_at


def test_a_name_with_a_line_break_adds_no_header(acme):
    acme.name = "Acme\nBcc: all@acme.test"
    acme.save()

    held(acme)

    assert "\n" not in mail.outbox[0].subject


def test_mail_waits_for_the_server_and_the_run_stays_held(acme, monkeypatch):
    monkeypatch.setattr("scheduling.agenda.alarms.post.get_connection", DeadServer)
    firing = held(acme)
    assert run_of(firing).state == "held"
    assert firing.publish_at - database_now() < 2 * MINUTE

    monkeypatch.undo()
    come_back(firing)

    assert len(mail.outbox) == 1
    assert hold_of(firing).told_at


def test_what_nobody_foresaw_keeps_the_run_held(acme, monkeypatch):
    def fail(*_args):
        raise ValueError("no such language")

    monkeypatch.setattr(held_mail, "letters_about", fail)

    firing = held(acme)

    assert (run_of(firing).state, firing.outcome) == ("held", "")


def test_a_tenants_owners_are_mailed_every_ten_minutes_at_most(acme):
    held(acme)
    later, found = another(acme)

    assert (found.state, len(mail.outbox)) == ("held", 1)
    assert 9 * MINUTE < later.publish_at - database_now() < 11 * MINUTE

    with tenant_context(acme):
        Hold.objects.exclude(told_at=None).update(told_at=database_now() - 11 * MINUTE)
    come_back(later)

    assert len(mail.outbox) == 2
    assert later.publish_at == hold_of(later).expires_at


def test_one_mail_tells_of_all_that_is_held_by_then(acme, monkeypatch):
    with monkeypatch.context() as away:
        away.setattr("scheduling.agenda.alarms.post.get_connection", DeadServer)
        first = held(acme)
        second, _found = another(acme)

    come_back(first)
    come_back(second)

    assert [message.subject for message in mail.outbox] == ["Acme: 2 runs await your approval"]


def test_two_workers_at_once_tell_each_of_what_the_other_does_not(acme):
    firing = held(acme)
    with tenant_context(acme):
        Hold.objects.update(told_at=None, telling_until=database_now() + MINUTE)
        assert held_mail.claim_untold(database_now()) == []
    come_back(firing)

    assert len(mail.outbox) == 1
    assert firing.publish_at - database_now() < 2 * MINUTE


def test_of_what_was_decided_nobody_is_told(acme, monkeypatch):
    with monkeypatch.context() as away:
        away.setattr("scheduling.agenda.alarms.post.get_connection", DeadServer)
        firing = held(acme)
    let_expire(firing)

    come_back(firing)

    assert mail.outbox == []
    assert run_of(firing).state == "skipped"


@pytest.mark.parametrize("rule", ["usual", "fixed"])
def test_why_is_told_in_the_readers_language(acme, rule):
    usual = None if rule == "fixed" else 10
    hold = Hold(number=12345, most=100, usual=usual)

    assert "12,345" in hold.reason
    assert ("100" in hold.reason) == (rule == "fixed")


def test_a_run_by_hand_mails_nobody(acme):
    firing = plan_closing(acme, 1, 1, 1, 1, 1)
    by_hand = make_firing(acme, NOON + MINUTE, firing.periodic_task_id, trigger="manual")
    make_orders(acme, 101)

    assert run(by_hand).state == "succeeded"
    assert mail.outbox == []
