"""Rows as tenants and beat would have written them."""

from django.db import connection
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from django_tenants.utils import schema_context

from scheduling.agenda.clock import database_now
from scheduling.agenda.models import Alarm, DueSlot, Firing, ScheduleVersion
from scheduling.agenda.outgoing import lock_outgoing
from scheduling.agenda.planning import plan_due
from scheduling.agenda.reindex import reindex
from scheduling.agenda.versions import capture
from scheduling.cadence import CrontabCadence
from scheduling.periodic import CRONTAB_FIELDS
from tenants.models import Tenant
from tests.conftest import NOON

CLOSING = "orders.tasks.auto_close_old_orders"


def make_slot(tenant, due_at, crontab="0 * * * *", **fields):
    """Store a due slot of a cadence in UTC; each has a periodic task id of its own."""
    number = DueSlot.objects.count() + 1000
    cadence = CrontabCadence.parse(crontab, "UTC").to_json()
    return DueSlot.objects.create(
        tenant=tenant,
        **{
            "periodic_task_id": number,
            "name": f"slot {number}",
            "task": CLOSING,
            "cadence": cadence,
            "fingerprint": "made by a test",
            "due_at": due_at,
        }
        | fields,
    )


def make_firing(tenant, slot_at, periodic_task_id=1, **fields):
    return Firing.objects.create(
        **{
            "id": Firing.id_of(tenant.pk, periodic_task_id, slot_at),
            "tenant": tenant,
            "periodic_task_id": periodic_task_id,
            "task": CLOSING,
            "slot_at": slot_at,
            "planned_at": slot_at,
            "publish_at": slot_at,
            "queue": "platform" if tenant.is_platform else "celery",
        }
        | fields
    )


def outgoing_of(*tenants, **fields):
    """Plan a firing of each tenant; return them as publishing takes them, in its order."""
    made = {
        str(make_firing(tenant, NOON, number, **fields).pk) for number, tenant in enumerate(tenants)
    }
    return [firing for firing in lock_outgoing(NOON, 10) if firing.id in made]


def make_alarm(tenant, periodic_task_id=1, **fields):
    return Alarm.objects.create(
        **{
            "tenant": tenant,
            "periodic_task_id": periodic_task_id,
            "name": f"schedule {periodic_task_id}",
            "slot_at": NOON,
            "reason": "untaken",
            "raised_at": NOON,
        }
        | fields
    )


def make_crontab(text="0 * * * *", timezone="UTC"):
    """Store a crontab as it is, by SQL: the model's own field refuses a zone that does not exist."""
    columns = ", ".join((*CRONTAB_FIELDS, "timezone"))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO django_celery_beat_crontabschedule ({columns})"
            " VALUES (%s, %s, %s, %s, %s, %s) RETURNING id",
            [*text.split(), timezone],
        )
        return cursor.fetchone()[0]


def make_interval(every, period):
    return IntervalSchedule.objects.create(every=every, period=period)


def make_periodic_task(name="made by a test", crontab="0 * * * *", timezone="UTC", **fields):
    """Store a periodic task in the current schema, past all forms."""
    given = {"task": CLOSING} | fields
    if not {"interval", "clocked", "solar"} & set(fields):
        given["crontab_id"] = make_crontab(crontab, timezone)
    return PeriodicTask.objects.bulk_create([PeriodicTask(name=name, **given)])[0]


def take_all(now):
    """Have beat take all that is due at this instant."""
    for _ in range(100):
        if not plan_due(now):
            return
    raise AssertionError("something is due for ever")


def commit_at(tenant, at):
    """Have what changed in a tenant's schema committed at this instant, and read by no beat yet."""
    with schema_context("public"):
        began_at = database_now()
        capture(tenant.schema_name)
        versions = ScheduleVersion.objects.filter(tenant=tenant)
        for instant in ("anchor_at", "from_at", "to_at"):
            versions.filter(**{f"{instant}__gte": began_at}).update(**{instant: at})


def reindex_at(schema_name, at):
    """Reindex a schema as if what changed in it had been committed at this instant."""
    with schema_context("public"):
        commit_at(Tenant.objects.get(schema_name=schema_name), at)
        reindex(schema_name, at)
