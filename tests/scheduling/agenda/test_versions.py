"""What Postgres writes down of a schedule at the commit of every change."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from scheduling.agenda.clock import database_now
from scheduling.agenda.models import ScheduleVersion
from scheduling.agenda.versions import capture, name_actor
from scheduling.models import Policy
from tenants import lifecycle
from tenants.models import Tenant
from tenants.postgresql.base import owner_rights
from tests.scheduling.builders import make_crontab, make_periodic_task
from tests.scheduling.indexing import commit, edit, inside, marked, store, versions_of

pytestmark = pytest.mark.usefixtures("indexed")

HOUR = timedelta(hours=1)


@pytest.fixture
def task(acme):
    """A schedule of acme's since noon, with its first version."""
    task = store(acme)
    commit()
    return task


def execute(statement, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def save_by_orm(task):
    row = PeriodicTask.objects.get(pk=task.pk)
    row.kwargs = '{"days": 7}'
    row.save()


WRITES = {
    "by the ORM": save_by_orm,
    "by a bulk update": lambda task: PeriodicTask.objects.update(kwargs='{"days": 7}'),
    "by SQL": lambda task: execute(
        "UPDATE django_celery_beat_periodictask SET kwargs = %s", '{"days": 7}'
    ),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_every_change_is_a_version_at_its_commit(acme, globex, task, write):
    began_at = database_now()
    with inside(acme):
        write(task)
    assert len(versions_of(acme, task)) == 1
    commit()

    before, after = versions_of(acme, task)
    assert began_at < before.to_at == after.from_at < database_now()
    assert (before.row["kwargs"], after.row["kwargs"]) == ("{}", '{"days": 7}')
    assert (after.to_at, after.is_processed) == (None, False)
    assert not ScheduleVersion.objects.filter(tenant=globex, from_at__gte=began_at).exists()


def test_emptying_the_table_ends_every_version(acme, globex, task):
    with inside(acme), owner_rights():
        execute("TRUNCATE django_celery_beat_periodictask")
    commit()

    assert not ScheduleVersion.objects.current().filter(tenant=acme).exists()
    assert ScheduleVersion.objects.current().filter(tenant=globex).exists()


def test_what_ends_as_it_began_is_no_version(acme, task):
    edit(acme, task, name="for a moment")
    edit(acme, task, name=task.name)
    commit()

    assert capture(acme.schema_name) == 0
    assert len(versions_of(acme, task)) == 1


def test_only_what_a_transaction_leaves_behind_is_a_version(acme, task):
    for crontab in ("1 * * * *", "2 * * * *", "3 * * * *"):
        with inside(acme):
            crontab_id = make_crontab(crontab)
        edit(acme, task, crontab_id=crontab_id)
    commit()

    assert [version.row["crontab__minute"] for version in versions_of(acme, task)] == ["0", "3"]


def test_a_crontab_that_is_shared_changes_each_schedule_that_has_it(acme, task):
    with inside(acme):
        sharing = make_periodic_task(name="sharing")
        PeriodicTask.objects.filter(pk=sharing.pk).update(crontab=task.crontab_id)
        other = make_periodic_task(name="other")
    commit()
    with inside(acme):
        CrontabSchedule.objects.filter(pk=task.crontab_id).update(
            minute="30", timezone="Asia/Tokyo"
        )
    commit()

    for each in (task, sharing):
        latest = versions_of(acme, each)[-1]
        assert (latest.row["crontab__minute"], latest.row["zone"]) == ("30", "Asia/Tokyo")
    assert len(versions_of(acme, other)) == 1


def test_a_policy_is_part_of_its_schedules_version(acme, task):
    with inside(acme):
        Policy.objects.create(periodic_task_id=task.pk, catch_up="all", retries=0)
    commit()
    with inside(acme):
        Policy.objects.filter(pk=task.pk).delete()
    commit()

    policies = [version.row["policies"] for version in versions_of(acme, task)]
    assert policies == [{}, {"catch_up": "all", "retries": 0}, {}]


def test_a_pause_is_a_version_and_so_is_its_end(acme, task):
    for enabled in (False, True):
        edit(acme, task, enabled=enabled)
        commit()

    states = [version.state for version in versions_of(acme, task)]
    assert states == ["active", "paused", "active"]


def test_a_suspension_is_a_version_of_every_schedule_that_is_not_paused(acme, globex, task):
    paused = store(acme, name="paused", enabled=False)
    for change in (lifecycle.suspend, lifecycle.resume):
        change("acme")
        commit()

    states = [version.state for version in versions_of(acme, task)]
    assert states == ["active", "suspended", "active"]
    assert [version.state for version in versions_of(acme, paused)] == ["paused"]
    assert not ScheduleVersion.objects.filter(tenant=globex, state="suspended").exists()


def test_a_deleted_schedule_has_no_current_version(acme, task):
    with inside(acme):
        PeriodicTask.objects.filter(pk=task.pk).delete()
    commit()

    (version,) = versions_of(acme, task)
    assert version.to_at > version.from_at
    assert not version.is_processed


def test_a_tenant_that_is_neither_active_nor_suspended_has_no_current_version(acme, globex, task):
    Tenant.objects.filter(pk=acme.pk).update(state="deleting")
    commit()

    assert not ScheduleVersion.objects.current().filter(tenant=acme).exists()
    assert ScheduleVersion.objects.current().filter(tenant=globex).exists()


def test_a_version_never_ends_before_it_began_whatever_the_clock_does(acme, task):
    later = database_now() + HOUR
    ScheduleVersion.objects.filter(tenant=acme).update(from_at=later)
    edit(acme, task, name="edited after the clock went back")
    commit()

    before, after = versions_of(acme, task)
    assert before.from_at == before.to_at == after.from_at == later


def test_a_version_names_who_made_it(acme, task):
    with inside(acme):
        name_actor("owner@acme.test")
    edit(acme, task, name="by the owner")
    commit()

    assert versions_of(acme, task)[-1].changed_by == "owner@acme.test"


def test_a_schema_that_is_broken_keeps_nobody_from_committing(acme, task):
    execute(f'ALTER TABLE "{acme.schema_name}".scheduling_policy RENAME TO hidden')
    edit(acme, task, name="renamed all the same")

    execute("SET CONSTRAINTS ALL IMMEDIATE")

    assert len(versions_of(acme, task)) == 1
    assert marked() == {acme.schema_name}


FORBIDDEN = {
    "capture": "SELECT public.agenda_capture('{schema}')",
    "read": "SELECT * FROM public.agenda_scheduleversion",
    "forge": "UPDATE public.agenda_scheduleversion SET to_at = NULL",
    "mark": "INSERT INTO public.agenda_schedulechange (schema_name, changed_at) VALUES ('x', now())",
}


@pytest.mark.parametrize("statement", FORBIDDEN.values(), ids=FORBIDDEN)
def test_a_tenant_has_no_hand_in_its_versions(in_acme, statement):
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        execute(statement.format(schema=in_acme.schema_name))
