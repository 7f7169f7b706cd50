"""The mail to a tenant's owners: who gets it, how often, and what it says."""

from datetime import timedelta
from smtplib import SMTPRecipientsRefused

import pytest
from django.core import mail
from django.core.mail.backends import locmem
from django_tenants.utils import tenant_context

from scheduling.agenda.alarms.owners import tell_owners
from scheduling.agenda.models import Alarm
from tenants.accounts.models import User
from tests.conftest import NOON
from tests.people import make_user
from tests.scheduling.builders import make_alarm

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def told(now=NOON):
    """Return the mails of one pass."""
    mail.outbox.clear()
    count = tell_owners(now)
    assert count == len(mail.outbox)
    return list(mail.outbox)


def recipients(now=NOON):
    return sorted(address for message in told(now) for address in message.to)


def end(alarm, at, ending="ran"):
    Alarm.objects.filter(pk=alarm.pk).update(recovered_at=at, ending=ending)


def test_each_tenants_owners_get_one_mail_about_their_own_schedules(acme, globex):
    make_alarm(acme, 1, name="Close")
    make_alarm(acme, 2, name="Report")
    make_alarm(globex, 1, name="Theirs")

    first, second = told()

    assert (first.to, second.to) == (["owner@acme.test"], ["owner@globex.test"])
    assert first.subject == "Acme: 2 schedules have missed their run"
    assert "Close" in first.body
    assert "Report" in first.body
    assert "Theirs" not in first.body
    assert told(NOON + MINUTE) == []


def test_the_mail_says_what_why_and_where_to_look(acme):
    make_alarm(acme, name="Close")

    [message] = told()

    assert message.body == (
        "Close\n"
        "  Missed: the run of 22 Nov 2026, 13:00 CET. Why: no scheduler took it.\n"
        "\n"
        "Your schedules: http://acme.localhost/admin/scheduling/schedule/\n"
        "Whether you get these mails: http://acme.localhost/admin/profile/\n"
        "\n"
        "-- \n"
        "Acme\n"
    )


def test_links_are_https_where_the_site_is(acme, settings):
    settings.SITE_SCHEME = "https"
    make_alarm(acme)

    assert "https://acme.localhost/admin/" in told()[0].body


def test_only_active_owners_with_an_address_who_want_it_are_told(acme):
    make_user(acme, "second@acme.test", "owner")
    make_user(acme, "unwilling@acme.test", "owner", mail_missed_runs=False)
    make_user(acme, "gone@acme.test", "owner", is_active=False)
    make_user(acme, "manager@acme.test", "manager")
    make_user(acme, None, "owner", login_name="nameless")
    make_alarm(acme)

    assert recipients() == ["owner@acme.test", "second@acme.test"]


def test_each_owner_reads_it_in_their_own_zone_and_language(acme):
    with tenant_context(acme):
        User.objects.update(timezone="Asia/Tokyo", language="de")
    make_alarm(acme)

    assert "22. November 2026 21:00 JST" in told()[0].body


def test_nobody_is_told_for_a_tenant_without_owners_who_want_it(acme, globex):
    with tenant_context(acme):
        User.objects.update(mail_missed_runs=False)
    make_alarm(acme)
    make_alarm(globex)

    assert recipients() == ["owner@globex.test"]
    assert recipients(NOON + MINUTE) == []


def test_the_recovery_is_told_when_the_hour_is_over(acme):
    alarm = make_alarm(acme)
    told()
    end(alarm, NOON + MINUTE)

    assert told(NOON + HOUR - MINUTE) == []
    [message] = told(NOON + HOUR)

    assert message.subject == "Acme: no run is missing any more"
    assert "Well again since 22 Nov 2026, 13:01 CET" in message.body
    assert told(NOON + 3 * HOUR) == []


def test_flapping_is_one_mail_an_hour_that_tells_what_was_in_between(acme):
    end(make_alarm(acme), NOON)
    told()
    for minutes in (10, 20, 30):
        end(make_alarm(acme, raised_at=NOON + minutes * MINUTE), NOON + (minutes + 5) * MINUTE)
    make_alarm(acme, raised_at=NOON + 40 * MINUTE, reason="failed")

    mails = [message for minutes in range(1, 61) for message in told(NOON + minutes * MINUTE)]

    [message] = mails
    assert message.subject == "Acme: 1 schedule has missed its run"
    assert "Why: it failed." in message.body
    assert "It was missed 4 times since the last mail." in message.body


def test_another_schedule_is_told_within_the_hour_but_not_at_once(acme):
    make_alarm(acme, 1)
    told()
    make_alarm(acme, 2, name="Another")

    assert told(NOON + 9 * MINUTE) == []
    [message] = told(NOON + 10 * MINUTE)
    assert "Another" in message.body
    assert "schedule 1" not in message.body


def test_that_somebody_paused_it_is_no_news(acme):
    alarm = make_alarm(acme)
    told()
    end(alarm, NOON + MINUTE, "withdrawn")

    assert told(NOON + 2 * HOUR) == []


def test_what_was_over_a_day_ago_is_no_news(acme):
    end(make_alarm(acme), NOON)

    assert told(NOON + timedelta(days=1)) == []


def test_a_suspended_tenant_is_not_told(acme):
    acme.state = acme.State.SUSPENDED
    acme.save()
    make_alarm(acme)

    assert told() == []


def test_the_platforms_own_schedules_have_no_owners(platform_tenant):
    make_alarm(platform_tenant)

    assert told() == []


class Refusing(locmem.EmailBackend):
    """A mail server that will not have some addresses, or is not there at all."""

    refused: tuple[str, ...] = ()
    is_away = False

    def open(self):
        if Refusing.is_away:
            raise ConnectionRefusedError("no mail server")

    def send_messages(self, messages):
        if set(messages[0].to) & set(Refusing.refused):
            raise SMTPRecipientsRefused({messages[0].to[0]: (550, b"no such user")})
        return super().send_messages(messages)


@pytest.fixture
def server(settings, monkeypatch):
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    monkeypatch.setattr("scheduling.agenda.alarms.post.get_connection", lambda: Refusing())
    monkeypatch.setattr(Refusing, "refused", ())
    monkeypatch.setattr(Refusing, "is_away", False)
    return Refusing


def test_a_server_that_is_away_is_tried_again_at_the_next_pass(acme, globex, server):
    make_alarm(acme)
    make_alarm(globex)
    server.is_away = True
    assert told() == []

    server.is_away = False

    assert recipients(NOON + MINUTE) == ["owner@acme.test", "owner@globex.test"]


def test_an_address_that_is_refused_keeps_nobody_from_being_told(acme, globex, server):
    make_user(acme, "second@acme.test", "owner")
    make_alarm(acme)
    make_alarm(globex)
    server.refused = ("owner@acme.test", "owner@globex.test")

    assert recipients() == ["second@acme.test"]
    assert recipients(NOON + MINUTE) == []
    server.refused = ()
    assert recipients(NOON + 10 * MINUTE) == ["owner@globex.test"]


def test_a_tenant_whose_people_cannot_be_read_keeps_no_other_from_being_told(acme, globex):
    with tenant_context(acme):
        User.objects.update(timezone="Nowhere/Land")
    make_alarm(acme)
    make_alarm(globex)

    assert recipients() == ["owner@globex.test"]
    with tenant_context(acme):
        User.objects.update(timezone="")
    assert recipients(NOON + 10 * MINUTE) == ["owner@acme.test"]


def test_what_a_pass_has_no_time_for_is_told_by_the_next(acme, globex, monkeypatch):
    monkeypatch.setattr("scheduling.agenda.alarms.owners.TENANTS_PER_PASS", 1)
    make_alarm(acme)
    make_alarm(globex, raised_at=NOON - MINUTE)

    assert recipients() == ["owner@globex.test"]
    assert recipients(NOON + MINUTE) == ["owner@acme.test"]


def test_a_repeat_can_be_told_by_its_id(acme):
    alarm = make_alarm(acme)
    [first] = told()
    Alarm.objects.update(owners_notified_at=None)
    [again] = told()
    end(alarm, NOON + MINUTE)
    [later] = told(NOON + HOUR)

    ids = [message.extra_headers["Message-ID"] for message in (first, again, later)]
    assert ids[0] == ids[1] != ids[2]


def test_a_name_with_line_breaks_adds_no_header_and_no_line(acme):
    acme.name = "Acme\nBcc: all@acme.test"
    acme.save()
    make_alarm(acme, name="Close\n\nYour password has expired")

    [message] = told()

    assert message.recipients() == ["owner@acme.test"]
    assert message.message()["Bcc"] is None
    assert message.body.startswith("Close Your password has expired\n")
