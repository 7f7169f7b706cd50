"""Schedules of a tenant as beat reads them, and what it made of them."""

from datetime import datetime
from typing import NamedTuple

from django.db import connection
from django_celery_beat.models import PeriodicTask
from django_tenants.utils import schema_context

from scheduling.agenda.models import DueSlot, Firing, ScheduleChange, ScheduleVersion
from tests.conftest import NOON
from tests.scheduling.builders import make_periodic_task, reindex_at


def inside(tenant):
    return schema_context(tenant.schema_name)


def slot_of(tenant, name="made by a test"):
    return DueSlot.objects.of(tenant).get(name=name)


def store(tenant, at=NOON, **fields):
    """Store a periodic task that was committed at this instant, and have beat read it."""
    with inside(tenant):
        task = make_periodic_task(**fields)
    reindex_at(tenant.schema_name, at)
    return task


def edit(tenant, schedule, /, **fields):
    """Change a periodic task by a bulk update; `reindex_at` or `commit_at` says when."""
    with inside(tenant):
        PeriodicTask.objects.filter(pk=schedule.pk).update(**fields)


def commit():
    """Have Postgres do what it leaves to the commit, and beat take note of the marks."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    ScheduleChange.objects.all().delete()
    be_patient()


def be_patient():
    """Wait for locks again as long as it takes, as beat does in its next transaction.

    The half second of reindexing is less than what an autovacuum makes way after.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout TO DEFAULT")


def marked():
    return set(ScheduleChange.objects.values_list("schema_name", flat=True))


def versions_of(tenant, task):
    versions = ScheduleVersion.objects.filter(tenant=tenant, periodic_task_id=task.pk)
    return list(versions.order_by("from_at", "pk"))


class Entry(NamedTuple):
    """What the ledger says of a slot, or of a stretch of slots."""

    what: str
    slot_at: datetime
    last_slot_at: datetime
    slots: int


def books_of(tenant, task):
    """Return what the ledger says of a schedule: its verdicts, and by what trigger slots fired."""
    pk = getattr(task, "periodic_task_id", task.pk)
    firings = Firing.objects.filter(tenant=tenant, periodic_task_id=pk).order_by("slot_at")
    return [
        Entry(
            firing.verdict or firing.trigger,
            firing.slot_at,
            firing.last_slot_at or firing.slot_at,
            firing.slots,
        )
        for firing in firings
    ]
