"""Two people at one schedule, and what somebody is told who saves."""

from datetime import datetime
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from django_celery_beat.models import PeriodicTask
from django_tenants.utils import tenant_context

from scheduling.agenda.clock import database_now
from scheduling.cadence import CrontabCadence
from scheduling.foresight import today_text
from tests.people import do, logged_in, make_user, owner_of, told
from tests.scheduling.schedule_pages import LIST, add, change, crontab_of, row_of, seeded, written

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def owner(acme, globex):
    return owner_of("acme")


@pytest.fixture
def other(acme):
    make_user(acme, "ada@acme.test", "manager")
    return logged_in("acme", "ada@acme.test")


def version_on(client, row):
    page = client.get(f"{LIST}{row.pk}/change/")
    return page.context["adminform"].form["version"].value()


def test_the_second_of_two_sees_both_values_and_decides(acme, owner, other):
    row = seeded(acme)
    mine = version_on(owner, row)
    change(other, row, version=version_on(other, row), crontab="0 3 * * *", days="10")

    page = change(owner, row, version=mine, crontab="30 18 * * 1-5", days="45")

    assert page.status_code == 200
    conflict = page.context["conflict"]
    assert [tuple(one) for one in conflict.differences] == [
        (
            "When it runs",
            "From Monday to Friday at 18:30 (Europe/Berlin).",
            "Every day at 03:00 (Europe/Berlin).",
        ),
        ("Days", "45", "10"),
    ]
    assert "ada@acme.test has changed this schedule" in page.text
    assert crontab_of(row_of(acme, pk=row.pk))[0] == "0 3 * * *"

    again = page.context["adminform"].form["version"].value()
    change(owner, row, version=again, crontab="30 18 * * 1-5", days="45")
    assert crontab_of(row_of(acme, pk=row.pk))[0] == "30 18 * * 1-5"


def test_a_third_change_is_told_again(acme, owner, other):
    row = seeded(acme)
    mine = version_on(owner, row)
    change(other, row, crontab="0 3 * * *")
    page = change(owner, row, version=mine)
    change(other, row, crontab="0 4 * * *")

    page = change(owner, row, version=page.context["adminform"].form["version"].value())

    assert page.status_code == 200
    assert "Every day at 04:00" in page.context["conflict"].differences[0].stored


def test_a_pause_meanwhile_is_not_undone_by_saving(acme, owner, other):
    row = seeded(acme)
    mine = version_on(owner, row)
    with tenant_context(acme):
        PeriodicTask.objects.filter(pk=row.pk).update(enabled=False)

    page = change(owner, row, version=mine)

    assert ("Enabled", "yes", "no") in [tuple(one) for one in page.context["conflict"].differences]
    assert "Somebody else has changed this schedule." in page.text
    assert not seeded(acme).enabled


def test_a_brake_that_was_changed_meanwhile_is_told(acme, owner, other):
    row = seeded(acme)
    mine = version_on(owner, row)
    change(other, row, brake_rule="fixed", brake_most="7")

    page = change(owner, row, version=mine, brake_rule="usual")

    assert "7" in [one.stored for one in page.context["conflict"].differences]


def test_who_entered_what_is_stored_already_is_told_nothing(acme, owner, other):
    row = seeded(acme)
    mine = version_on(owner, row)
    change(other, row)

    assert change(owner, row, version=mine).status_code == 302


@pytest.mark.parametrize("version", ["", "x", "0" * 64])
def test_a_version_that_was_never_shown_breaks_nothing(acme, owner, version):
    row = seeded(acme)

    page = change(owner, row, version=version)

    assert page.status_code == (302 if not version else 200)


def test_what_was_entered_for_a_deleted_schedule_is_kept(acme, owner, other):
    row = seeded(acme)
    mine = version_on(owner, row)
    other.post(f"{LIST}{row.pk}/delete/", {"post": "yes"})

    answer = change(owner, row, version=mine, preset="daily", at_time="18:30", days="7")

    assert answer.status_code == 302
    url = urlsplit(answer["Location"])
    assert url.path == f"{LIST}add/"
    assert "version" not in parse_qs(url.query)
    assert "was deleted meanwhile by ada@acme.test" in told(answer)
    form = owner.get(answer["Location"]).context["adminform"].form
    assert [form[name].value() for name in ("preset", "at_time", "days")] == ["daily", "18:30", "7"]
    with tenant_context(acme):
        assert not PeriodicTask.objects.filter(name=row.name).exists()


@pytest.mark.parametrize("number", ["0", "x", "9" * 30])
def test_a_schedule_that_never_was_is_told_to_be_gone(owner, number):
    answer = owner.post(f"{LIST}{number}/change/", {"name": "Mine"})

    assert answer.status_code == 302
    assert "was deleted meanwhile" in told(answer)


def test_anothers_schedule_is_no_more_than_gone(acme, globex, owner):
    theirs = written(globex, name="theirs", id=4711)

    answer = change(owner, theirs)

    assert answer.status_code == 302
    assert crontab_of(row_of(globex, pk=theirs.pk)) == ("0 * * * *", "UTC")


def test_who_saves_is_told_when_it_runs_next(acme, owner):
    next_at = CrontabCadence.parse("30 6 * * 1", "Europe/Berlin").next_after(database_now())
    local = next_at.astimezone(BERLIN)

    answer = add(owner, crontab="30 6 * * 1")

    assert "takes effect at once" in told(answer)
    assert f"{local.day} {local:%b %Y}, 06:30" in told(answer)


def test_who_saves_a_paused_one_is_told_that_it_does_not_run(acme, owner):
    row = seeded(acme)
    do(owner, "scheduling/schedule", "pause", [row.pk])

    answer = change(owner, row, enabled="")

    assert "It is paused" in told(answer)


def at(day, hour):
    return datetime(2026, 11, day, hour, 0, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("crontab", "says"),
    [
        ("0 9 * * *", "Today's 09:00 has passed: the next run is tomorrow, Wed 25 Nov 2026, 09:00"),
        ("0 9 * * 2", "Today's 09:00 has passed: the next run is on Tue 1 Dec 2026, 09:00 CET."),
        ("0 13 * * *", None),
        ("0 9,13 * * *", None),
        ("0 9 * * 1", None),
    ],
)
def test_a_slot_of_today_that_has_passed_is_told(crontab, says):
    text = today_text(CrontabCadence.parse(crontab, "Europe/Berlin"), at(24, 12))

    assert (text is None) if says is None else (says in text)


def test_today_is_the_day_of_the_schedules_own_clock():
    """At 01:00 in Berlin it is still the day before in New York."""
    text = today_text(CrontabCadence.parse("0 9 * * *", "America/New_York"), at(25, 1))

    assert text.startswith("Today's 09:00 has passed: the next run is tomorrow, Wed 25 Nov 2026")
