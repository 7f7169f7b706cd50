"""The mail to the platform: one for however many schedules, and not one each minute."""

from datetime import timedelta

import pytest
from django.core import mail

from scheduling.agenda.alarms import platform
from scheduling.agenda.alarms.platform import tell_platform
from scheduling.agenda.models import Alarm, AlarmPass
from tests.conftest import NOON
from tests.scheduling.builders import make_alarm

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
STAFF = ["ops@platform.test", "night@platform.test"]


@pytest.fixture(autouse=True)
def staff_to_tell(settings, db):
    settings.ALARM_EMAILS = STAFF
    AlarmPass.objects.create(pk=1)


def told(now=NOON):
    """Return the mails of one pass, which knows when the last one went out."""
    mail.outbox.clear()
    tell_platform(now, AlarmPass.objects.get().platform_mailed_at)
    return list(mail.outbox)


def test_one_mail_tells_of_all_tenants(acme, globex):
    for number in range(3):
        make_alarm(globex, number)
    make_alarm(acme)
    make_alarm(acme, 2, recovered_at=NOON, ending="ran")

    [message] = told()

    assert message.to == STAFF
    assert message.subject == "localhost: 4 missed, 1 well again"
    assert message.body == (
        "Schedules with a missed run: 4\n"
        "Schedules well again or no longer expected to run: 1\n"
        "Schedules with a missed run in all: 4\n"
        "\n"
        "globex: 3 missed, 0 well again, first slot 2026-11-22 12:00 UTC\n"
        "  http://localhost/admin/agenda/alarm/?tenant=globex\n"
        "acme: 1 missed, 1 well again, first slot 2026-11-22 12:00 UTC\n"
        "  http://localhost/admin/agenda/alarm/?tenant=acme\n"
        "\n"
        "All of them: http://localhost/admin/agenda/alarm/\n"
    )
    assert told(NOON + HOUR) == []


def test_tenants_beyond_those_named_are_counted(acme, globex, monkeypatch):
    monkeypatch.setattr(platform, "NAMED", 1)
    make_alarm(acme)
    make_alarm(globex)

    [message] = told()

    assert "Schedules with a missed run: 2\n" in message.body
    assert "and more tenants" in message.body


def test_nothing_that_a_tenant_wrote_is_in_it(acme):
    make_alarm(acme, name="Log in at https://evil.test/")

    assert "evil" not in told()[0].body


def test_what_goes_wrong_next_is_told_together_ten_minutes_later(acme, globex):
    make_alarm(acme)
    told()
    make_alarm(globex, 1)
    make_alarm(globex, 2)

    assert told(NOON + 9 * MINUTE) == []
    [message] = told(NOON + 10 * MINUTE)
    assert message.subject == "localhost: 2 missed, 0 well again"


def test_one_schedule_is_told_of_once_an_hour(acme):
    alarm = make_alarm(acme)
    told()
    Alarm.objects.filter(pk=alarm.pk).update(recovered_at=NOON + MINUTE, ending="ran")

    assert told(NOON + HOUR - MINUTE) == []
    [message] = told(NOON + HOUR)
    assert message.subject == "localhost: 0 missed, 1 well again"


def test_an_instant_ahead_is_of_a_clock_that_went_back_and_silences_nothing(acme):
    make_alarm(acme)
    told(NOON + timedelta(days=300))
    make_alarm(acme, 2)

    assert len(told(NOON)) == 1


def test_without_addresses_the_log_says_so_and_nothing_is_kept_for_later(acme, settings, caplog):
    settings.ALARM_EMAILS = []
    make_alarm(acme)

    assert told() == []
    assert "ALARM_EMAILS is empty" in caplog.text
    settings.ALARM_EMAILS = STAFF
    assert told(NOON + HOUR) == []


def test_a_server_that_is_away_is_tried_again_at_the_next_pass(acme, settings, tmp_path):
    make_alarm(acme)
    backend = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert told() == []

    settings.EMAIL_BACKEND = backend

    assert len(told(NOON + MINUTE)) == 1
