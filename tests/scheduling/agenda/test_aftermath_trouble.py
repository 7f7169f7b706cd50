"""Versions and slots that cannot be read: they hold up nobody else."""

import pytest
from django.db import connection

from scheduling.agenda.models import DueSlot, ScheduleVersion, TenantIndex
from tests.scheduling import sample_tasks
from tests.scheduling.builders import reindex_at
from tests.scheduling.hours import at, beat_at, change, told
from tests.scheduling.indexing import slot_of, store

pytestmark = pytest.mark.usefixtures("indexed")


def test_of_a_row_that_was_set_aside_nothing_is_owed(acme):
    task = store(acme, kwargs="garbage")
    change(acme, task, 2.5, kwargs="{}")
    change(acme, task, 3.5, kwargs="garbage again")
    change(acme, task, 5.5, kwargs="{}")

    beat_at(acme, 5.6)

    assert told(acme, task) == [("catch_up", 3, 3, 1)]


def test_a_version_that_nobody_foresaw_holds_up_no_other_schedule(acme):
    broken = store(acme, name="broken", enabled=False, task=sample_tasks.broken.name)
    sound = store(acme)
    change(acme, broken, 1.5, enabled=True)
    change(acme, sound, 1.75, crontab="30 * * * *")

    beat_at(acme, 2)

    assert told(acme, sound) == [("catch_up", 1, 1, 1)]
    assert slot_of(acme, "broken").problem.startswith("RuntimeError: ")
    assert TenantIndex.objects.get(tenant=acme).problem == ""


def test_a_due_slot_that_defeats_the_arithmetic_holds_up_no_other_schedule(acme):
    broken, sound = store(acme, name="broken"), store(acme)
    DueSlot.objects.filter(periodic_task_id=broken.pk).update(cadence={"kind": "lunar"})
    for task in (broken, sound):
        change(acme, task, 1.5, enabled=False)

    beat_at(acme, 2)

    assert told(acme, sound) == [("paused", 1, 1, 1)]


def test_what_was_written_down_is_settled_also_when_the_schema_is_broken_since(acme):
    task = store(acme)
    change(acme, task, 1.5, crontab="30 * * * *")
    with connection.cursor() as cursor:
        table = f'"{acme.schema_name}".django_celery_beat_periodictask'
        cursor.execute(f"ALTER TABLE {table} RENAME TO hidden")

    beat_at(acme, 2.5)

    assert told(acme, task) == [("catch_up", 1, 1, 1), ("schedule", 2.5, 2.5, 1)]
    assert "periodictask" in TenantIndex.objects.get(tenant=acme).problem


def test_a_schedule_from_before_there_were_versions_owes_its_slots_too(acme):
    task = store(acme)
    DueSlot.objects.filter(periodic_task_id=task.pk).update(version_id=None)
    ScheduleVersion.objects.filter(periodic_task_id=task.pk).update(from_at=at(2.5))

    reindex_at(acme.schema_name, at(3.5))

    assert told(acme, task) == [("missed", 1, 1, 1), ("catch_up", 2, 2, 1)]
    assert slot_of(acme).due_at == at(3)
