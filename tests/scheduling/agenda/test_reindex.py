from datetime import timedelta

import pytest
from django.db import connection
from django_celery_beat.models import PeriodicTask

from scheduling.agenda import reindex as reindexing
from scheduling.agenda.clock import database_now
from scheduling.agenda.models import DueSlot, ScheduleChange, ScheduleVersion, TenantIndex
from scheduling.agenda.reconcile import reconcile
from scheduling.agenda.reindex import reindex_changed
from scheduling.agenda.replacing import replace_slots
from tenants import lifecycle
from tenants.postgresql.base import owner_rights
from tests.conftest import NOON
from tests.scheduling.builders import make_crontab, make_periodic_task, reindex_at
from tests.scheduling.indexing import inside, marked, slot_of, store

pytestmark = pytest.mark.usefixtures("indexed")

HOUR = timedelta(hours=1)


def test_the_seeded_schedule_is_due_at_midnight_in_the_tenants_zone(acme):
    ScheduleVersion.objects.filter(tenant=acme).delete()  # of the day on which the test runs
    reindex_at(acme.schema_name, NOON)

    assert slot_of(acme, "Close old orders").due_at == NOON.replace(hour=23)


def test_a_new_row_becomes_a_due_slot_of_its_own_tenant_only(acme, globex):
    store(acme, crontab="30 * * * *")

    assert slot_of(acme).due_at == NOON + HOUR / 2
    assert not DueSlot.objects.of(globex).filter(name="made by a test").exists()


def test_an_edit_never_fires_a_slot_before_it(acme):
    task = store(acme, crontab="0 13 * * *")
    with inside(acme):
        PeriodicTask.objects.filter(pk=task.pk).update(crontab=make_crontab("0 11 * * *"))

    reindex_at(acme.schema_name, NOON)

    assert slot_of(acme).due_at == NOON.replace(hour=11) + timedelta(days=1)


def test_a_row_that_says_the_same_keeps_its_next_slot(acme):
    store(acme, crontab="0 * * * *")

    reindex_at(acme.schema_name, NOON + 3 * HOUR)

    assert slot_of(acme).due_at == NOON + HOUR


def test_a_disabled_or_deleted_row_has_no_due_slot(acme):
    store(acme, name="paused", enabled=False)
    gone = store(acme, name="gone")
    with inside(acme):
        PeriodicTask.objects.filter(pk=gone.pk).delete()

    reindex_at(acme.schema_name, NOON)

    assert not DueSlot.objects.of(acme).filter(name__in=["paused", "gone"]).exists()


def test_resuming_replays_nothing_of_what_was_paused(acme):
    task = store(acme, crontab="0 * * * *")
    for enabled, since in ((False, NOON), (True, NOON + 5 * HOUR)):
        with inside(acme):
            PeriodicTask.objects.filter(pk=task.pk).update(enabled=enabled)
        reindex_at(acme.schema_name, since)

    assert slot_of(acme).due_at == NOON + 6 * HOUR


def test_a_schema_without_its_tables_is_flagged_and_the_others_go_on(acme, globex):
    with connection.cursor() as cursor:
        table = f'"{acme.schema_name}".django_celery_beat_periodictask'
        cursor.execute(f"ALTER TABLE {table} RENAME TO hidden")
    ScheduleChange.objects.create(schema_name=acme.schema_name, changed_at=NOON)
    with inside(globex):
        make_periodic_task()

    reindex_changed(database_now())

    assert "django_celery_beat_periodictask" in TenantIndex.objects.get(tenant=acme).problem
    assert slot_of(globex).due_at is not None


def test_a_schema_that_defeats_the_reindexing_does_not_stop_the_others(acme, globex, monkeypatch):
    """A mistake of ours, met by one tenant's data: here in what saves its slots."""

    def fail_for_acme(tenants, now):
        if acme in tenants:
            raise ZeroDivisionError("a mistake of ours")
        replace_slots(tenants, now)

    monkeypatch.setattr(reindexing, "replace_slots", fail_for_acme)
    for tenant in (acme, globex):
        with inside(tenant):
            make_periodic_task()

    reindex_changed(database_now())

    assert slot_of(globex).due_at is not None
    assert "a mistake of ours" in TenantIndex.objects.get(tenant=acme).problem


def test_many_marks_of_one_schema_are_one_reindexing(acme, globex):
    ScheduleChange.objects.bulk_create(
        ScheduleChange(schema_name=tenant.schema_name, changed_at=NOON)
        for tenant in (acme, acme, acme, globex)
    )

    assert reindex_changed(NOON, limit=1) == 1

    assert marked() == {globex.schema_name}


def test_a_reindexing_writes_only_what_changed(acme):
    store(acme)
    ScheduleChange.objects.all().delete()
    before = row_versions(acme)

    reindex_at(acme.schema_name, NOON + HOUR)

    assert row_versions(acme) == before


def row_versions(tenant):
    """Return where each row of a tenant's due slots lies: writing it moves it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, ctid::text FROM agenda_dueslot WHERE tenant_id = %s", [tenant.pk]
        )
        return dict(cursor.fetchall())


def test_a_suspended_tenant_has_no_due_slots_and_gets_none_back_when_resumed(acme):
    store(acme, crontab="0 * * * *")
    reindex_changed(database_now())
    lifecycle.suspend("acme", "unpaid")
    assert marked() == {acme.schema_name}
    reindex_changed(database_now())
    assert not DueSlot.objects.of(acme).exists()

    lifecycle.resume("acme")
    assert marked() == {acme.schema_name}
    resumed_at = database_now().replace(minute=30) + 24 * HOUR
    reindex_at(acme.schema_name, resumed_at)

    assert slot_of(acme).due_at == (resumed_at + HOUR).replace(minute=0, second=0, microsecond=0)


def test_reconcile_finds_what_no_trigger_saw(acme, globex):
    with inside(acme), owner_rights(), connection.cursor() as cursor:
        for table in ("periodictask", "crontabschedule"):
            cursor.execute(f"ALTER TABLE django_celery_beat_{table} DISABLE TRIGGER USER")
        make_periodic_task()

    assert reconcile(NOON) == 1
    assert marked() == {acme.schema_name}
    reindex_changed(database_now())

    assert slot_of(acme).due_at > database_now()
    assert reconcile(NOON) == 0
