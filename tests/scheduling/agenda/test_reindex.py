from datetime import timedelta

import pytest
from django.db import connection
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    PeriodicTasks,
    SolarSchedule,
)
from django_tenants.utils import schema_context

from scheduling.agenda import reindex as reindexing
from scheduling.agenda.clock import database_now
from scheduling.agenda.models import DueSlot, ScheduleChange, TenantIndex
from scheduling.agenda.planning import plan_due
from scheduling.agenda.reconcile import reconcile
from scheduling.agenda.reindex import reindex_changed
from scheduling.overview import schedules_of
from tenants import lifecycle
from tenants.postgresql.base import owner_rights
from tests.conftest import NOON
from tests.scheduling import sample_tasks
from tests.scheduling.builders import make_crontab, make_periodic_task, reindex_at

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def indexed(acme, globex):
    """Begin with nothing left to reindex."""
    while reindex_changed(database_now()):
        pass


def inside(tenant):
    return schema_context(tenant.schema_name)


def slot_of(tenant, name="made by a test"):
    return DueSlot.objects.of(tenant).get(name=name)


def store(tenant, **fields):
    with inside(tenant):
        task = make_periodic_task(**fields)
    reindex_at(tenant.schema_name, NOON)
    return task


def marked():
    return set(ScheduleChange.objects.values_list("schema_name", flat=True))


def test_the_seeded_schedule_is_due_at_midnight_in_the_tenants_zone(acme):
    reindex_at(acme.schema_name, NOON)
    DueSlot.objects.of(acme).update(fingerprint="stale")
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


def test_an_interval_counts_from_its_change_and_keeps_that_anchor(acme):
    with inside(acme):
        every = IntervalSchedule.objects.create(every=10, period="minutes")
    store(acme, interval=every)

    reindex_at(acme.schema_name, NOON + timedelta(minutes=7))

    slot = slot_of(acme)
    assert slot.due_at == NOON + timedelta(minutes=10)
    assert slot.following(slot.due_at) == NOON + timedelta(minutes=20)


def test_an_interval_with_a_start_time_counts_from_there(acme):
    with inside(acme):
        every = IntervalSchedule.objects.create(every=1, period="days")
    start = NOON - timedelta(days=3, minutes=-5)

    store(acme, interval=every, start_time=start)

    assert slot_of(acme).due_at == NOON + timedelta(minutes=5)


def test_a_clocked_row_fires_at_its_instant_once(acme):
    with inside(acme):
        clocked = ClockedSchedule.objects.create(clocked_time=NOON + HOUR)
    store(acme, clocked=clocked, one_off=True)

    plan_due(NOON + HOUR)

    assert slot_of(acme).due_at is None


def test_a_solar_row_is_due_at_the_next_sunset(acme):
    with inside(acme):
        solar = SolarSchedule.objects.create(event="sunset", latitude=52.52, longitude=13.40)
    store(acme, solar=solar)

    due_at = slot_of(acme).due_at
    assert NOON + 2 * HOUR < due_at < NOON + 4 * HOUR


def test_start_time_and_expires_bound_the_slots(acme):
    store(acme, name="later", start_time=NOON + timedelta(days=2))
    store(acme, name="over", expires=NOON + HOUR / 2)

    assert slot_of(acme, "later").due_at == NOON + timedelta(days=2)
    assert slot_of(acme, "over").due_at is None


BAD_ROWS = {
    "crontab with an empty part": ({"crontab": "1,,2 * * * *"}, "minute: "),
    "negative minute": ({"crontab": "-5 * * * *"}, "minute: "),
    "step of zero": ({"crontab": "*/0 * * * *"}, "minute: "),
    "date that never comes": ({"crontab": "0 0 31 2 *"}, "day_of_month: "),
    "zone that does not exist": ({"timezone": "Mars/Olympus"}, "timezone: "),
    "list as headers": ({"headers": "[]"}, "headers: "),
    "foreign schema in headers": ({"headers": '{"_schema_name": "t_globex"}'}, "headers: "),
    "unknown task": ({"task": "os.system"}, "task: "),
    "platform task": ({"task": "tenants.tasks.build_tenant"}, "task: "),
    "queue of its own": ({"queue": "unacked"}, "queue: "),
    "positional arguments": ({"args": "[1]"}, "args: "),
    "parameters that are no JSON": ({"kwargs": "{"}, "kwargs: "),
    "parameters that are a list": ({"kwargs": "[]"}, "kwargs: "),
    "unknown parameter": ({"kwargs": '{"dayz": 3}'}, "kwargs: dayz: "),
    "parameter out of bounds": ({"kwargs": '{"days": 0}'}, "kwargs: days: "),
    "NUL in a parameter's name": ({"kwargs": r'{"\u0000": 1}'}, "kwargs: "),
    "half a surrogate pair": ({"kwargs": r'{"\ud800": 1}'}, "kwargs: "),
    "what nobody foresaw": ({"task": sample_tasks.broken.name}, "RuntimeError: "),
    "interval too short": ({"interval": "microsecond"}, "interval: "),
    "no schedule": ({"interval": None}, "schedule: "),
}


@pytest.mark.parametrize(("fields", "reason"), BAD_ROWS.values(), ids=BAD_ROWS)
def test_a_bad_row_is_set_aside_with_a_reason_and_others_fire(acme, globex, fields, reason):
    if fields.get("interval"):
        with inside(acme):
            every = IntervalSchedule.objects.create(every=1, period="microseconds")
        fields = {"interval": every}
    store(acme, **fields)
    store(globex, crontab="0 13 * * *")

    bad = slot_of(acme)

    assert bad.due_at is None
    assert bad.problem.startswith(reason)
    assert slot_of(acme, "Close old orders").problem == ""
    assert slot_of(globex).due_at == NOON + HOUR


@pytest.mark.parametrize("instant", ["0044-03-15 BC", "infinity"])
@pytest.mark.parametrize("column", ["start_time", "expires"])
def test_an_instant_that_python_cannot_hold_sets_one_row_aside(acme, globex, column, instant):
    task = store(acme)
    store(globex)
    with inside(acme), connection.cursor() as cursor:
        table = "django_celery_beat_periodictask"
        cursor.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [instant, task.pk])

    reindex_at(acme.schema_name, NOON)

    assert slot_of(acme).problem.startswith(f"{column}: ")
    assert slot_of(acme, "Close old orders").problem == ""
    rows = {row["name"]: row["problem"] for row in schedules_of([acme, globex], NOON)}
    assert rows["made by a test"] is None or rows["made by a test"].startswith(column)


def test_a_row_put_right_is_due_again(acme):
    task = store(acme, crontab="0 * * * *", headers="[]")
    with inside(acme):
        PeriodicTask.objects.filter(pk=task.pk).update(headers="{}")

    reindex_at(acme.schema_name, NOON + 2 * HOUR)

    slot = slot_of(acme)
    assert (slot.problem, slot.due_at) == ("", NOON + 3 * HOUR)


@pytest.mark.parametrize("day_of_week", ["7", "5-7", "0-7", "sun"])
def test_day_seven_is_sunday(acme, day_of_week):
    store(acme, crontab=f"0 13 * * {day_of_week}")

    assert slot_of(acme).due_at == NOON + HOUR  # NOON is a Sunday's


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
    real = reindexing.replace_slots

    def fail_for_acme(tenant, now):
        if tenant == acme:
            raise ZeroDivisionError("a mistake of ours")
        real(tenant, now)

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


def test_a_bulk_update_leaves_one_mark_on_its_own_schema(acme, globex):
    with inside(acme):
        PeriodicTask.objects.update(enabled=True)

    assert marked() == {acme.schema_name}
    assert ScheduleChange.objects.count() == 1


WRITES = {
    "crontab changed": lambda: CrontabSchedule.objects.update(minute="5"),
    "row added": make_periodic_task,
    "row deleted": lambda: PeriodicTask.objects.all().delete(),
    "interval added": lambda: IntervalSchedule.objects.create(every=1, period="days"),
    "clocked added": lambda: ClockedSchedule.objects.create(clocked_time=NOON),
    "solar added": lambda: SolarSchedule.objects.create(event="sunset", latitude=1, longitude=1),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_every_way_of_writing_a_schedule_marks_the_schema(acme, write):
    with inside(acme):
        write()

    assert marked() == {acme.schema_name}


def test_truncating_a_schedule_table_marks_the_schema(acme):
    with inside(acme), owner_rights(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE django_celery_beat_periodictask")

    assert marked() == {acme.schema_name}


def test_what_a_worker_writes_back_marks_nothing(acme):
    with inside(acme):
        PeriodicTask.objects.update(last_run_at=NOON, total_run_count=7)
        PeriodicTasks.update_changed()

    assert marked() == set()


def test_a_mark_is_dated_again_when_its_transaction_commits(acme):
    with inside(acme):
        PeriodicTask.objects.update(enabled=True)
    written = ScheduleChange.objects.get().changed_at

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    assert ScheduleChange.objects.get().changed_at > written


def test_a_suspended_tenant_has_no_due_slots_and_gets_none_back_when_resumed(acme):
    store(acme, crontab="0 * * * *")
    reindex_changed(database_now())
    lifecycle.suspend("acme", "unpaid")
    assert marked() == {acme.schema_name}
    reindex_changed(database_now())
    assert not DueSlot.objects.of(acme).exists()

    lifecycle.resume("acme")
    assert marked() == {acme.schema_name}
    reindex_at(acme.schema_name, NOON + 9 * HOUR)

    assert slot_of(acme).due_at == NOON + 10 * HOUR


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
