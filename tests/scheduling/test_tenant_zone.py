"""The tenant's own time zone: who may change it, and which schedules follow."""

from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.db.utils import ProgrammingError
from django_celery_beat.models import PeriodicTask
from django_tenants.utils import schema_context, tenant_context

from scheduling.agenda.clock import database_now
from scheduling.models import ZoneChange
from scheduling.tenant_zone import answer, change_zone, question
from tenants.audit.models import Entry
from tenants.models import Tenant
from tests.conftest import tenant
from tests.scheduling.builders import make_interval, make_periodic_task

TOKYO, BERLIN = "Asia/Tokyo", "Europe/Berlin"


@pytest.fixture
def berlin(in_acme):
    """acme, which is in Berlin, with two more schedules there and one in UTC."""
    for name, crontab, zone in (
        ("evening", "30 18 * * 1-5", BERLIN),
        ("night", "0 2 * * *", BERLIN),
        ("world", "0 12 * * *", "UTC"),
    ):
        make_periodic_task(name=name, crontab=crontab, timezone=zone)
    return in_acme


def asked_of(tenant):
    found = question(tenant, database_now())
    return found and [one.name for one in found.followers]


def zones():
    found = PeriodicTask.objects.values_list("name", "crontab__timezone")
    return {name: str(zone) for name, zone in found}


def key_of(name):
    return PeriodicTask.objects.get(name=name).pk


def test_a_tenant_changes_its_own_zone_and_no_other(berlin, globex):
    change_zone(berlin, TOKYO)

    assert tenant(slug="acme").timezone == TOKYO == berlin.timezone
    assert tenant(slug="globex").timezone == "America/New_York"
    entry = Entry.objects.latest("pk")
    assert entry.changes == {"timezone": [BERLIN, TOKYO]}


@pytest.mark.parametrize("columns", ["timezone = 'UTC'", "name = 'x'", "state = 'suspended'"])
def test_by_sql_in_its_role_it_changes_nothing(in_acme, columns):
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE public.tenants_tenant SET {columns} WHERE slug = 'acme'")


@pytest.mark.parametrize("zone", ["Mars", "", "localtime", "../etc/passwd"])
def test_what_is_no_zone_is_refused(in_acme, zone):
    with pytest.raises(ValidationError):
        change_zone(in_acme, zone)
    assert tenant(slug="acme").timezone == BERLIN


def test_a_zone_that_postgres_does_not_know_is_refused(in_acme, monkeypatch):
    monkeypatch.setattr("scheduling.tenant_zone.validate_timezone", lambda zone: None)

    with pytest.raises(ValidationError, match="database does not know"):
        change_zone(in_acme, "Europe/Atlantis")


def test_it_is_asked_which_schedules_of_the_old_zone_follow(berlin, globex):
    assert asked_of(berlin) is None
    change_zone(berlin, TOKYO)

    found = question(berlin, database_now())

    assert (found.old, found.new) == (BERLIN, TOKYO)
    # The seeded schedule is in the tenant's zone, too.
    assert [one.name for one in found.followers] == ["Close old orders", "evening", "night"]
    evening = found.followers[1]
    assert evening.next_if_it_stays.astimezone(ZoneInfo(BERLIN)).hour == 18
    assert evening.next_if_it_follows.hour == 9  # 18:30 in Tokyo, in UTC
    with tenant_context(globex):
        assert asked_of(globex) is None


def test_those_that_are_chosen_follow_and_the_others_stay(berlin):
    change_zone(berlin, TOKYO)

    assert answer(berlin, {key_of("evening"), key_of("world"), 987654}, TOKYO) == ["evening"]

    assert zones() == {
        "Close old orders": BERLIN,
        "evening": TOKYO,
        "night": BERLIN,
        "world": "UTC",
    }
    assert asked_of(berlin) is None
    assert ZoneChange.objects.get().answered_by.startswith("program ")
    assert {"timezone", "zone"} & set(Entry.objects.latest("pk").changes)


def test_answered_twice_it_is_told_so(berlin):
    change_zone(berlin, TOKYO)
    answer(berlin, [], TOKYO)

    with pytest.raises(ValidationError, match="answered already"):
        answer(berlin, [key_of("evening")], TOKYO)
    assert zones()["evening"] == BERLIN


def test_an_answer_about_a_zone_that_changed_again_does_nothing(berlin):
    change_zone(berlin, TOKYO)
    change_zone(berlin, "Asia/Seoul")

    with pytest.raises(ValidationError, match="changed again"):
        answer(berlin, [key_of("evening")], TOKYO)
    assert zones()["evening"] == BERLIN
    assert answer(berlin, [key_of("evening")], "Asia/Seoul") == ["evening"]


def test_changed_back_before_anybody_answered_nothing_is_asked(berlin):
    change_zone(berlin, TOKYO)
    change_zone(berlin, BERLIN)

    assert asked_of(berlin) is None


def test_a_schedule_that_somebody_moved_meanwhile_is_not_asked_about(berlin):
    change_zone(berlin, TOKYO)
    crontab = PeriodicTask.objects.get(name="world").crontab
    PeriodicTask.objects.filter(name="evening").update(crontab=crontab)
    make_periodic_task(name="later", timezone=BERLIN)

    assert asked_of(berlin) == ["Close old orders", "night"]


def test_what_has_no_clocks_or_is_set_aside_is_not_asked_about(berlin):
    make_periodic_task(name="every", interval=make_interval(5, "minutes"))
    make_periodic_task(name="odd", crontab="61 * * * *", timezone=BERLIN)
    change_zone(berlin, TOKYO)

    assert asked_of(berlin) == ["Close old orders", "evening", "night"]


def test_where_no_schedule_had_the_old_zone_nothing_is_remembered(in_acme):
    PeriodicTask.objects.all().delete()

    change_zone(in_acme, TOKYO)

    assert not ZoneChange.objects.exists()


def test_when_staff_change_it_the_tenant_is_asked_the_same(berlin, globex):
    with schema_context("public"):
        row = Tenant.objects.get(slug="acme")
        row.timezone = TOKYO
        row.save()

    with tenant_context(row):
        assert asked_of(row) == ["Close old orders", "evening", "night"]
    with tenant_context(globex):
        assert not ZoneChange.objects.exists()


def test_a_change_of_something_else_asks_nothing(berlin):
    with schema_context("public"):
        Tenant.objects.filter(slug="acme").update(name="Acme and sons", timezone=BERLIN)

    assert not ZoneChange.objects.exists()


def test_a_broken_schema_keeps_no_staff_from_changing_the_zone(acme):
    with connection.cursor() as cursor:
        cursor.execute(f'DROP TABLE "{acme.schema_name}".scheduling_zonechange')

    Tenant.objects.filter(slug="acme").update(timezone=TOKYO)

    assert tenant(slug="acme").timezone == TOKYO


def test_an_answer_is_all_or_nothing(berlin, monkeypatch):
    change_zone(berlin, TOKYO)
    moved: list[int] = []

    def move(schedule_id, zone):
        if moved:
            raise DatabaseError("gone")
        moved.append(schedule_id)
        PeriodicTask.objects.filter(pk=schedule_id).update(name="moved")

    monkeypatch.setattr("scheduling.tenant_zone.move_to_zone", move)
    with pytest.raises(DatabaseError):
        answer(berlin, [key_of("evening"), key_of("night")], TOKYO)

    assert moved
    assert not PeriodicTask.objects.filter(name="moved").exists()
    assert asked_of(berlin)
