import time

import pytest

from scheduling.agenda import reindex as reindexing
from scheduling.agenda.clock import database_now
from scheduling.agenda.models import ScheduleChange, TenantIndex
from scheduling.agenda.reconcile import reconcile
from scheduling.agenda.reindex import reindex_changed
from tests.conftest import NOON


@pytest.fixture
def locked(acme, another_session):
    """A tenant whose schedules somebody has locked."""
    ScheduleChange.objects.all().delete()
    with another_session.cursor() as cursor:
        cursor.execute(f'LOCK TABLE "{acme.schema_name}".django_celery_beat_periodictask')
    return acme


def test_a_schema_that_somebody_locked_is_tried_again_after_the_others(locked, acme, globex):
    for tenant in (acme, globex):
        ScheduleChange.objects.create(schema_name=tenant.schema_name, changed_at=NOON)

    began_at = database_now()
    assert reindex_changed(began_at) == 1
    assert reindex_changed(database_now()) == 0

    marked = set(ScheduleChange.objects.values_list("schema_name", flat=True))
    assert marked == {acme.schema_name}
    assert TenantIndex.objects.get(tenant=globex).reindexed_at >= began_at


def test_a_locked_schema_keeps_beat_for_a_moment_only(locked):
    ScheduleChange.objects.create(schema_name=locked.schema_name, changed_at=NOON)
    began_at = time.monotonic()

    assert reindex_changed(database_now()) == 0

    assert time.monotonic() - began_at < 5


def test_a_locked_schema_keeps_the_platforms_worker_for_a_moment_only(locked):
    began_at = time.monotonic()

    reconcile(database_now())

    assert time.monotonic() - began_at < 5
    marked = ScheduleChange.objects.values_list("schema_name", flat=True)
    assert locked.schema_name in marked


def test_a_schema_that_never_stops_changing_has_one_turn(acme, globex, monkeypatch):
    ScheduleChange.objects.all().delete()
    turns: list[str] = []

    def change_again(changes, now):
        for change in changes:
            turns.append(change.schema_name)
            ScheduleChange.objects.create(schema_name=change.schema_name, changed_at=now)

    monkeypatch.setattr(reindexing, "reindex_all", change_again)
    for tenant in (acme, globex):
        ScheduleChange.objects.create(schema_name=tenant.schema_name, changed_at=NOON)

    assert reindexing.reindex_changed(NOON) == 2

    assert turns == [acme.schema_name, globex.schema_name]


def test_reindexing_ends_when_its_time_is_over(acme, globex, monkeypatch):
    monkeypatch.setattr(reindexing, "BUDGET_SECONDS", 0)
    ScheduleChange.objects.create(schema_name=acme.schema_name, changed_at=NOON)

    assert reindexing.reindex_changed(NOON) == 0
