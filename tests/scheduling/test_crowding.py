"""A word about crowded minutes, and a way out of one."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.db.utils import ProgrammingError
from django_tenants.utils import tenant_context

from scheduling.agenda.clock import database_now
from scheduling.agenda.crowd import crowd_in_hour
from scheduling.agenda.models import DueSlot
from scheduling.cadence import CrontabCadence
from scheduling.crowding import crowding_of
from scheduling.models import Policy, Run
from tests.people import owner_of
from tests.scheduling.schedule_pages import LIST

HOUR = datetime(2031, 5, 6, 18, 0, tzinfo=UTC)


def make_due(tenant, at, number, first=1000):
    """Store so many due slots of a tenant at an instant."""
    DueSlot.objects.bulk_create(
        DueSlot(tenant=tenant, periodic_task_id=first + place, due_at=at, fingerprint="x")
        for place in range(number)
    )


def minutes(number):
    return timedelta(minutes=number)


@pytest.mark.parametrize(("there", "told"), [(9, 0), (10, 10), (37, 30), (99, 90), (234, 200)])
def test_a_number_is_rounded_and_small_ones_are_none(globex, there, told):
    make_due(globex, HOUR + minutes(30), there)

    crowd = crowd_in_hour(HOUR + minutes(12))

    assert crowd[30] == told
    assert sum(crowd.values()) == told
    assert len(crowd) == 60


def test_a_minute_is_counted_to_a_thousand(globex):
    make_due(globex, HOUR, 1100)

    assert crowd_in_hour(HOUR)[0] == 1000


def test_a_tenants_role_may_not_ask(in_acme):
    with pytest.raises(ProgrammingError), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM public.agenda_crowd(now())")


def at_next(crontab, zone="UTC"):
    cadence = CrontabCadence.parse(crontab, zone)
    return cadence, cadence.next_after(database_now())


def crowding(acme, cadence, **chosen):
    with tenant_context(acme):
        return crowding_of(cadence, chosen, database_now())


def test_a_quieter_minute_of_the_same_choice_is_offered(acme, globex):
    cadence, at = at_next("0 18 * * *")
    make_due(globex, at, 300)

    found = crowding(acme, cadence, preset="daily")

    assert found.number == 300
    assert found.quieter.fill == {"at_time": "18:01"}
    assert found.tolerance.fill == {"spread_minutes": 15}


@pytest.mark.parametrize(
    ("crontab", "chosen", "fill"),
    [
        ("0 * * * *", {"preset": "hourly"}, {"at_minute": 1}),
        ("0 18 * * *", {"preset": "custom", "crontab": "0 18 * * *"}, {"crontab": "1 18 * * *"}),
        ("0 * * * *", {"preset": "custom", "crontab": "0 * * * *"}, {"crontab": "1 * * * *"}),
    ],
)
def test_the_offer_fits_what_was_chosen(acme, globex, crontab, chosen, fill):
    cadence, at = at_next(crontab)
    make_due(globex, at, 300)

    assert crowding(acme, cadence, **chosen).quieter.fill == fill


@pytest.mark.parametrize(
    ("crontab", "chosen"),
    [
        ("*/5 * * * *", {"preset": "minutes"}),
        ("0,1 18 * * *", {"preset": "custom", "crontab": "0,1 18 * * *"}),
    ],
)
def test_what_has_no_one_minute_is_offered_none(acme, globex, crontab, chosen):
    cadence, at = at_next(crontab)
    make_due(globex, at, 300)

    assert crowding(acme, cadence, **chosen).quieter is None


def test_where_every_minute_is_as_crowded_none_is_offered(acme, globex):
    cadence, at = at_next("0 18 * * *")
    for minute in range(60):
        make_due(globex, at + minutes(minute), 20, first=1000 * (minute + 1))

    found = crowding(acme, cadence, preset="daily")

    assert (found.number, found.quieter) == (20, None)


def test_a_quiet_minute_stays_as_it_is(acme, globex):
    found = crowding(acme, at_next("7 18 * * *")[0], preset="daily")

    assert (found.number, found.quieter, found.tolerance) == (0, None, None)


def test_an_offer_stays_on_its_day_and_goes_by_the_local_clock(acme, globex):
    """Midnight in Kathmandu is a quarter past the hour in UTC."""
    cadence, at = at_next("59 23 * * *", zone="Asia/Kathmandu")
    make_due(globex, at, 300)
    assert crowding(acme, cadence, preset="daily").quieter.fill == {"at_time": "23:58"}

    for minute in range(1, 15):
        make_due(globex, at - minutes(minute), 300, first=10_000 * minute)

    assert crowding(acme, cadence, preset="daily").quieter is None


def test_a_weekly_cadence_is_measured_on_the_coming_day(acme, globex):
    now = database_now()
    cadence = CrontabCadence.parse(f"0 18 * * {(now.isoweekday() + 3) % 7}", "UTC")
    soon = CrontabCadence.parse("0 18 * * *", "UTC").next_after(now)
    make_due(globex, soon, 50)

    assert crowding(acme, cadence, preset="weekly").number == 50


def make_runs(tenant, late, number=3, minute=0, task_id=1):
    with tenant_context(tenant):
        for day in range(number):
            slot_at = HOUR.replace(year=2025) + timedelta(days=day, minutes=minute)
            Run.objects.create(
                periodic_task_id=task_id,
                slot_at=slot_at,
                started_at=slot_at + late,
                trigger="schedule",
            )


def test_how_late_runs_began_at_such_a_minute_is_told(acme, globex):
    make_runs(acme, timedelta(seconds=12))
    make_runs(acme, timedelta(seconds=90), minute=7, task_id=2)
    make_runs(globex, timedelta(seconds=500))

    assert crowding(acme, at_next("0 18 * * *")[0], preset="daily").delay_seconds == 12


def test_too_few_runs_or_a_spread_say_nothing(acme, globex):
    make_runs(acme, timedelta(seconds=12), number=2)
    make_runs(acme, timedelta(seconds=300), task_id=2)
    with tenant_context(acme):
        Policy.objects.create(periodic_task_id=2, spread_minutes=10)

    assert crowding(acme, at_next("0 18 * * *")[0], preset="daily").delay is None


def test_the_page_offers_it_as_a_link_that_fills_in_the_form(acme, globex):
    _cadence, at = at_next("0 18 * * *")
    make_due(globex, at, 300)
    owner = owner_of("acme")
    asked = {"preset": "daily", "at_time": "18:00", "timezone": "UTC", "name": "Mine", "days": "3"}

    answer = owner.post(f"{LIST}preview/", asked)

    assert "About 300 other schedules" in answer.text
    url = urlsplit(answer.context["quieter_url"])
    assert url.path == f"{LIST}add/"
    assert parse_qs(url.query)["at_time"] == ["18:01"]
    page = owner.get(answer.context["quieter_url"])
    form = page.context["adminform"].form
    assert [form[name].value() for name in ("name", "at_time", "days")] == ["Mine", "18:01", "3"]
    assert json.loads(answer.context["foresight"].crowding.quieter.fill_text) == {
        "at_time": "18:01"
    }
