"""Pausing a schedule with a reason and until a date, and what workers do when the date has come."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django_celery_beat.models import PeriodicTask
from django_tenants.utils import schema_context, tenant_context

from scheduling.agenda.clock import database_now
from scheduling.agenda.models import Firing
from scheduling.models import Pause, Run
from scheduling.overview import tenant_schedules
from scheduling.pausing import end_if_over, pause, resume
from scheduling.schedules import Wish, entry_called, set_cadence
from scheduling.tasks import record_verdict
from tenants.audit.models import Entry
from tests.conftest import NOON
from tests.scheduling import sample_tasks
from tests.scheduling.builders import make_firing, make_periodic_task
from tests.scheduling.delivery import deliver, plan, runs_of

HOUR = timedelta(hours=1)


@pytest.fixture
def schedule(in_acme):
    return make_periodic_task()


def is_enabled(tenant, schedule_id):
    with tenant_context(tenant):
        return PeriodicTask.objects.get(pk=schedule_id).enabled


def line_of(tenant, schedule_id, now=None):
    with schema_context("public"):
        return tenant_schedules(tenant, now or database_now(), pk=schedule_id)[0]


def paused_until_a_moment_ago(schedule_id):
    """Pause a schedule of the current schema, with an end that has come."""
    pause(schedule_id)
    Pause.objects.filter(pk=schedule_id).update(until_at=NOON)


def test_a_pause_says_who_when_why_and_until_when(schedule, acme, globex):
    with tenant_context(globex):
        twin = make_periodic_task(pk=schedule.pk)
    until = database_now() + HOUR

    pause(schedule.pk, reason="stocktaking", until=until)

    told = line_of(acme, schedule.pk)
    assert (told["enabled"], told["next_at"]) == (False, None)
    assert (told["pause"]["reason"], told["pause"]["until"]) == ("stocktaking", until)
    assert told["pause"]["by"].startswith("program ")
    assert abs(told["pause"]["since"] - database_now()) < HOUR
    assert line_of(globex, twin.pk)["enabled"]


def test_a_pause_is_in_the_audit_log_and_so_is_its_end(schedule):
    pause(schedule.pk, reason="stocktaking")
    resume(schedule.pk)

    changes = list(Entry.objects.order_by("pk").values_list("changes", flat=True))
    assert changes[-2:] == [
        {"enabled": [True, False], "reason": [None, "stocktaking"]},
        {"enabled": [False, True], "reason": ["stocktaking", None]},
    ]


def test_a_pause_that_is_changed_keeps_since_when(schedule):
    pause(schedule.pk)
    since = Pause.objects.get().paused_at
    pause(schedule.pk, reason="longer", until=database_now() + HOUR)

    assert Pause.objects.get().paused_at == since
    assert Pause.objects.get().reason == "longer"


@pytest.mark.parametrize("away", [timedelta(0), -HOUR, timedelta(days=6 * 365)], ids=str)
def test_an_end_that_is_none_is_refused_with_nothing_done(schedule, away):
    with pytest.raises(ValidationError) as refusal:
        pause(schedule.pk, until=database_now() + away)

    assert list(refusal.value.error_dict) == ["until"]
    assert PeriodicTask.objects.get(pk=schedule.pk).enabled


@pytest.mark.parametrize("verb", [pause, resume])
def test_a_deleted_schedule_is_neither_paused_nor_resumed(schedule, verb):
    schedule.delete()

    with pytest.raises(ValidationError, match="deleted"):
        verb(schedule.pk)


@pytest.mark.parametrize(
    "end",
    [
        lambda pk: resume(pk),
        lambda pk: PeriodicTask.objects.filter(pk=pk).update(enabled=True),
        lambda pk: PeriodicTask.objects.filter(pk=pk).delete(),
    ],
    ids=["by us", "by SQL", "deleted"],
)
def test_what_is_known_of_a_pause_goes_with_it(schedule, acme, globex, end):
    with tenant_context(globex):
        pause(make_periodic_task(pk=schedule.pk).pk)
    pause(schedule.pk)

    end(schedule.pk)

    assert not Pause.objects.exists()
    with tenant_context(globex):
        assert Pause.objects.count() == 1


def test_what_a_run_writes_back_leaves_a_pause(schedule):
    pause(schedule.pk)

    PeriodicTask.objects.filter(pk=schedule.pk).update(total_run_count=7)

    assert Pause.objects.exists()


def test_paused_by_sql_it_is_paused_by_nobody_knows_whom(schedule, acme):
    PeriodicTask.objects.filter(pk=schedule.pk).update(enabled=False)

    assert not line_of(acme, schedule.pk)["enabled"]
    assert "pause" not in line_of(acme, schedule.pk)


def test_the_command_pauses_and_resumes_the_same_way(in_acme):
    entry = entry_called(None)
    schedule = set_cadence(entry, Wish("0 0 * * *", enabled=False), "UTC")
    assert Pause.objects.get().pk == schedule.pk
    set_cadence(entry, Wish("5 0 * * *"), "UTC")
    set_cadence(entry, Wish("6 0 * * *", enabled=False), "UTC")
    assert Pause.objects.count() == 1

    set_cadence(entry, Wish("0 0 * * *", enabled=True), "UTC")
    assert not Pause.objects.exists()


@pytest.mark.parametrize("column", ["until_at", "paused_at"])
def test_an_instant_that_python_cannot_hold_is_not_stored(schedule, column):
    pause(schedule.pk)

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE scheduling_pause SET {column} = 'infinity'")


# When the date has come --------------------------------------------------------------------------
def test_after_its_end_it_is_over_for_everybody_before_a_worker_came(schedule, acme):
    paused_until_a_moment_ago(schedule.pk)

    assert line_of(acme, schedule.pk)["enabled"]
    assert line_of(acme, schedule.pk)["next_at"]
    assert not line_of(acme, schedule.pk, now=NOON - HOUR)["enabled"]


def test_it_is_ended_once_and_not_a_moment_before(schedule):
    pause(schedule.pk)
    Pause.objects.update(until_at=NOON)

    assert not end_if_over(schedule.pk, NOON - timedelta(microseconds=1))
    assert end_if_over(schedule.pk, NOON)
    assert not end_if_over(schedule.pk, NOON)
    assert PeriodicTask.objects.get(pk=schedule.pk).enabled


def test_a_pause_without_an_end_is_not_ended(schedule):
    pause(schedule.pk)

    assert not end_if_over(schedule.pk, database_now())
    assert Pause.objects.exists()


@pytest.mark.parametrize("slots", [0, 3])
def test_a_worker_that_writes_down_what_passed_enables_the_row(schedule, acme, slots):
    paused_until_a_moment_ago(schedule.pk)
    passed = {"verdict": "paused", "last_slot_at": NOON - HOUR, "slots": slots}
    with schema_context("public"):
        firing = make_firing(acme, NOON - 3 * HOUR, schedule.pk, **passed)
        deliver(record_verdict, firing)
        deliver(record_verdict, firing)
        firing.refresh_from_db()

    assert (firing.state, firing.outcome) == ("settled", "paused")
    assert is_enabled(acme, schedule.pk)
    assert [(run.state, run.slots) for run in runs_of(acme)] == ([("paused", 3)] if slots else [])


def test_a_worker_that_comes_too_late_ends_no_later_pause(schedule, acme):
    pause(schedule.pk, until=database_now() + HOUR)
    passed = {"verdict": "paused", "last_slot_at": NOON, "slots": 0}
    with schema_context("public"):
        deliver(record_verdict, make_firing(acme, NOON, schedule.pk, **passed))

    assert not is_enabled(acme, schedule.pk)


def test_the_first_slot_after_it_runs_before_anybody_enabled_the_row(acme):
    firing = plan(acme, sample_tasks.counting)
    with tenant_context(acme):
        paused_until_a_moment_ago(firing.periodic_task_id)

    deliver(sample_tasks.counting, firing)

    assert [run.state for run in runs_of(acme)] == ["succeeded"]
    assert is_enabled(acme, firing.periodic_task_id)


def test_a_slot_that_was_taken_before_a_pause_is_paused(acme):
    firing = plan(acme, sample_tasks.counting)
    with tenant_context(acme):
        pause(firing.periodic_task_id, until=database_now() + HOUR)

    deliver(sample_tasks.counting, firing)

    with tenant_context(acme):
        assert [run.state for run in Run.objects.all()] == ["paused"]
    with schema_context("public"):
        assert Firing.objects.get(pk=firing.pk).outcome == "paused"
