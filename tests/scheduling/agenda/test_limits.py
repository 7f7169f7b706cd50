"""How often a tenant's schedules may fire, how many there may be and how many firings in flight."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django_celery_beat.models import PeriodicTask

from scheduling.accounting import Span, close_books
from scheduling.agenda.limits import (
    BOUNDS,
    Limits,
    allowance_in,
    decide,
    defaults,
    tell_postgres_defaults,
)
from scheduling.agenda.models import ScheduleChange, ScheduleVersion
from scheduling.overview import tenant_schedules
from scheduling.schedules import Wish, entry_called, make
from tenants.audit.models import Entry
from tests.conftest import NOON
from tests.people import STAFF, logged_in, make_staff
from tests.scheduling.builders import (
    make_interval,
    make_periodic_task,
    make_slot,
    reindex_at,
    take_all,
)
from tests.scheduling.indexing import books_of, commit, inside, marked, slot_of, store

pytestmark = pytest.mark.usefixtures("indexed")

MINUTE = timedelta(minutes=1)
TOO_SHORT = "interval: too short; use 60 seconds or longer"


def every(tenant, number, period="seconds", **fields):
    with inside(tenant):
        interval = make_interval(number, period)
    return store(tenant, interval=interval, **fields)


def problems_of(tenant):
    return {row["name"]: row["problem"] for row in tenant_schedules(tenant, NOON)}


def test_the_defaults_are_a_minute_twenty_schedules_and_ten_firings():
    assert defaults() == {
        "least_interval_seconds": 60,
        "schedules_maximum": 20,
        "firings_in_flight_maximum": 10,
    }


@pytest.mark.parametrize(
    ("number", "period", "problem"),
    [
        (59, "seconds", TOO_SHORT),
        (59_999_999, "microseconds", TOO_SHORT),
        (60, "seconds", ""),
        (60_000_000, "microseconds", ""),
        (1, "minutes", ""),
        (1, "days", ""),
    ],
)
def test_an_interval_below_the_least_is_set_aside(acme, number, period, problem):
    every(acme, number, period)

    slot = slot_of(acme)
    assert slot.problem == problem
    assert (slot.due_at is None) == bool(problem)
    assert problems_of(acme)["made by a test"] == (problem or None)


def test_a_tenants_own_least_interval_counts_and_no_other_tenants(acme, globex):
    decide(acme, least_interval_seconds=5)
    for tenant in (acme, globex):
        every(tenant, 5)

    assert slot_of(acme).due_at == NOON + timedelta(seconds=5)
    assert slot_of(globex).problem == TOO_SHORT


@pytest.mark.parametrize(
    ("crontab", "is_allowed"),
    [
        ("*/15 * * * *", True),
        ("*/14 * * * *", False),  # 56, and then 0
        ("50 23,0 * * *", True),
        ("55 23 * * *", True),
        ("55,5 23,0 * * *", False),  # 23:55, and then 0:05
        ("55,5 23,0 1 * *", True),  # not on days in a row
        ("10 0 2,4 * *", True),
        ("0 0 * * *", True),
    ],
)
def test_a_crontab_keeps_to_a_least_interval_above_a_minute(acme, crontab, is_allowed):
    decide(acme, least_interval_seconds=900)

    store(acme, crontab=crontab)

    assert (slot_of(acme).problem == "") == is_allowed
    assert is_allowed or slot_of(acme).problem.startswith("crontab: fires too often; leave 900")


@pytest.mark.parametrize("crontab", ["*/5 * * * *", "59 23 * * *"])
def test_a_crontab_that_fires_once_a_night_or_every_minute_is_within_the_default(acme, crontab):
    store(acme, crontab=crontab)

    assert slot_of(acme).problem == ""


def test_raising_the_least_interval_sets_aside_and_lowering_it_lets_go_on(acme):
    decide(acme, least_interval_seconds=30)
    task = every(acme, 30)
    decide(acme, least_interval_seconds=None)
    reindex_at(acme.schema_name, NOON + 10 * MINUTE)
    assert slot_of(acme).problem == TOO_SHORT

    decide(acme, least_interval_seconds=30)
    reindex_at(acme.schema_name, NOON + 20 * MINUTE)

    # It counts from then: what passed meanwhile was named by nobody.
    assert slot_of(acme).due_at == NOON + 20 * MINUTE + timedelta(seconds=30)
    states = ScheduleVersion.objects.filter(tenant=acme, periodic_task_id=task.pk)
    assert [version.row.get("least_interval_seconds") for version in states.order_by("pk")] == [
        None,
        60,
        None,
    ]


def test_slots_that_a_limit_took_away_are_in_no_book(acme):
    with inside(acme):
        PeriodicTask.objects.all().delete()
    reindex_at(acme.schema_name, NOON - MINUTE)
    every(acme, 1)

    books = close_books([acme], Span(NOON, NOON + 5 * MINUTE), NOON + 60 * MINUTE)

    assert (books.expected, books.unaccounted, books.surplus) == (0, [], [])


def test_schedules_beyond_the_most_are_set_aside_until_others_are_deleted(acme, globex):
    with inside(acme):
        PeriodicTask.objects.all().delete()
        rows = [make_periodic_task(name=f"number {number}") for number in range(4)]
    decide(acme, schedules_maximum=3)
    reindex_at(acme.schema_name, NOON)
    assert problems_of(acme)["number 3"].startswith("limit: there may be 3 schedules")
    assert problems_of(acme)["number 2"] is None
    with inside(acme):
        PeriodicTask.objects.filter(pk=rows[0].pk).delete()

    reindex_at(acme.schema_name, NOON + MINUTE)

    assert slot_of(acme, "number 3").due_at == NOON + 60 * MINUTE
    assert set(problems_of(acme).values()) == {None}


@pytest.mark.parametrize("column", BOUNDS)
def test_a_change_of_limits_is_told_to_beat_at_its_commit(acme, column):
    decide(acme, **{column: 7})
    assert marked() == {acme.schema_name}
    ScheduleChange.objects.all().delete()

    decide(acme, **{column: None})

    assert marked() == {acme.schema_name}
    assert not Limits.objects.filter(tenant=acme).exists()


def test_firings_in_flight_are_bounded_for_each_tenant(acme, globex):
    decide(acme, firings_in_flight_maximum=2)
    for tenant in (acme, globex):
        for number in range(12):
            make_slot(tenant, NOON, periodic_task_id=number + 1_000_000)

    take_all(NOON)

    fired = [
        sum(len(books_of(tenant, slot)) for slot in tenant.due_slots.all())
        for tenant in (acme, globex)
    ]
    assert fired == [2, 10]


@pytest.mark.parametrize("column", BOUNDS)
def test_a_limit_has_bounds_of_its_own_whoever_sets_it(acme, column):
    _least, most = BOUNDS[column]

    for value in (0, most + 1):
        with pytest.raises(ValidationError):
            decide(acme, **{column: value})
        with pytest.raises(IntegrityError, match="is_bounded"), transaction.atomic():
            Limits.objects.create(tenant=acme, **{column: value})


def test_the_platforms_defaults_are_told_to_postgres_and_to_all_tenants(acme, globex, settings):
    commit()
    settings.LEAST_INTERVAL_SECONDS = 30
    for _ in range(2):
        tell_postgres_defaults()

    assert {acme.schema_name, globex.schema_name} <= marked()
    every(acme, 30)
    assert slot_of(acme).problem == ""
    commit()
    tell_postgres_defaults()
    assert marked() == set()


def test_a_form_refuses_what_would_be_set_aside(acme, globex):
    decide(acme, least_interval_seconds=900)
    wish = Wish("*/14 * * * *", name="too often")

    with inside(acme), pytest.raises(ValidationError, match="leave 900 seconds between two slots"):
        make(entry_called(None), wish, "UTC")

    with inside(globex):
        assert make(entry_called(None), wish, "UTC").pk


def test_staff_decide_on_the_tenants_page_and_see_the_defaults(acme, globex):
    make_staff()
    staff = logged_in("platform", STAFF)
    page = f"/admin/tenants/tenant/{acme.pk}/change/"
    shown = staff.get(page).content.decode()
    assert "Empty: the platform's default, 20." in shown
    kept = {"name": acme.name, "timezone": acme.timezone, "currency": acme.currency}

    assert staff.post(page, kept | {"schedules_maximum": "0"}).status_code == 200
    assert staff.post(page, kept | {"schedules_maximum": "35"}).status_code == 302

    assert allowance_in(acme.schema_name).schedules_maximum == 35
    assert allowance_in(globex.schema_name).schedules_maximum == 20
    assert 'value="35"' in staff.get(page).content.decode()
    entry = Entry.objects.filter(model="agenda.limits").latest("pk")
    assert "35" in str(entry.changes)
