"""The marks by which beat is told: whoever wrote, in whatever way."""

import pytest
from django.db import connection, transaction
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    PeriodicTasks,
    SolarSchedule,
)

from scheduling.agenda.models import ScheduleChange
from tenants.postgresql.base import owner_rights
from tests.conftest import NOON
from tests.scheduling.builders import make_periodic_task
from tests.scheduling.indexing import commit, edit, inside, marked, store, versions_of

pytestmark = pytest.mark.usefixtures("indexed")


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


def stored(tenant):
    task = store(tenant)
    commit()
    return task


def test_a_transaction_leaves_one_mark_however_many_savepoints_it_has(acme, globex):
    task = stored(acme)

    for number in range(3):
        with transaction.atomic():
            edit(acme, task, name=f"edit {number}")
    with inside(globex):
        make_periodic_task()

    assert ScheduleChange.objects.count() == 2
    assert marked() == {acme.schema_name, globex.schema_name}


def test_a_savepoint_that_is_undone_takes_its_mark_and_not_the_next_ones(acme):
    task = stored(acme)
    with transaction.atomic():
        edit(acme, task, name="undone")
        transaction.set_rollback(True)
    assert marked() == set()

    edit(acme, task, name="done")
    commit()

    assert versions_of(acme, task)[-1].name == "done"
