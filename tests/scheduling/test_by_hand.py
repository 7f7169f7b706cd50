"""Runs by hand: one at a time for each schedule, and who asked for it."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django_tenants.utils import schema_context, tenant_context

from scheduling.agenda.clock import database_now
from scheduling.agenda.models import Firing
from scheduling.by_hand import asked_by, run_now, run_under_way
from scheduling.models import Run, RunRequest, RunRetention
from scheduling.retention import forget_old_runs
from tests.scheduling.builders import make_periodic_task
from tests.scheduling.delivery import deliver
from tests.scheduling.sample_tasks import counting
from tests.scheduling.undoings import make_run


@pytest.fixture
def schedule(in_acme):
    return make_periodic_task(task=counting.name)


def by_hand(tenant):
    with schema_context("public"):
        return list(Firing.objects.filter(tenant=tenant, trigger="manual").order_by("slot_at"))


def work_off(firing):
    with schema_context("public"):
        deliver(counting, firing)


def test_a_run_by_hand_is_a_firing_of_its_own(schedule, acme, globex):
    firing = run_now(schedule.pk, by="ann@acme.test")

    assert by_hand(acme) == [firing]
    assert (firing.state, firing.periodic_task_id) == ("planned", schedule.pk)
    assert by_hand(globex) == []


def test_asked_five_hundred_times_it_runs_once_and_the_rest_are_told_why(schedule, acme):
    run_now(schedule.pk, by="ann@acme.test")

    for _ in range(499):
        with pytest.raises(ValidationError, match=r"asked for by ann@acme\.test is under"):
            run_now(schedule.pk, by="bob@acme.test")

    assert len(by_hand(acme)) == RunRequest.objects.count() == 1


def test_another_schedule_and_another_tenant_need_not_wait(schedule, acme, globex):
    other = make_periodic_task(name="other", task=counting.name)
    run_now(schedule.pk)
    run_now(other.pk)
    with tenant_context(globex):
        twin = make_periodic_task(pk=schedule.pk, task=counting.name)
        run_now(twin.pk)

    assert len(by_hand(acme)) == 2
    assert len(by_hand(globex)) == 1


def test_when_the_run_has_ended_another_is_to_be_had_and_each_says_who_asked(schedule, acme):
    work_off(run_now(schedule.pk, by="ann@acme.test"))
    second = run_now(schedule.pk, by="bob@acme.test")
    work_off(second)

    with tenant_context(acme):
        assert [asked_by(run) for run in Run.objects.order_by("slot_at")] == [
            "ann@acme.test",
            "bob@acme.test",
        ]


def test_a_run_that_waits_for_a_decision_is_under_way(schedule, acme):
    """Its firing may be settled meanwhile."""
    firing = run_now(schedule.pk, by="ann@acme.test")
    with schema_context("public"):
        Firing.objects.filter(pk=firing.pk).update(state="settled")
    run = make_run(
        periodic_task_id=schedule.pk, slot_at=firing.slot_at, trigger="manual", state="held"
    )

    assert run_under_way(schedule.pk) == (firing.slot_at, "ann@acme.test")
    Run.objects.filter(pk=run.pk).update(state="skipped")
    assert run_under_way(schedule.pk) is None


def test_a_run_that_was_planned_by_sql_holds_others_up_too(schedule, acme):
    firing = run_now(schedule.pk)
    RunRequest.objects.all().delete()

    with pytest.raises(ValidationError, match="Not started: a run by hand is under way since"):
        run_now(schedule.pk)
    assert run_under_way(schedule.pk) == (firing.slot_at, "")


def test_a_run_of_the_cadence_holds_nobody_up(schedule, acme):
    with schema_context("public"):
        now = database_now()
        Firing.objects.create(
            id=Firing.id_of(acme.pk, schedule.pk, now),
            tenant=acme,
            periodic_task_id=schedule.pk,
            task=counting.name,
            slot_at=now,
            planned_at=now,
        )

    assert run_now(schedule.pk)
    assert asked_by(make_run(periodic_task_id=schedule.pk)) == ""


def test_a_deleted_schedule_is_not_run(schedule):
    schedule.delete()

    with pytest.raises(ValidationError, match="deleted"):
        run_now(schedule.pk)
    assert not RunRequest.objects.exists()


def test_a_schedule_in_quarantine_is_not_run(in_acme):
    bad = make_periodic_task(headers="[]", timezone="Mars")

    with pytest.raises(ValidationError, match="headers"):
        run_now(bad.pk)
    assert by_hand(in_acme) == []


def test_who_asked_is_forgotten_with_the_run(schedule):
    RunRetention.objects.create(pk=RunRetention.ONLY, runs_kept_days=7)
    now = database_now()
    for days in (8, 6):
        slot = {"periodic_task_id": schedule.pk, "slot_at": now - timedelta(days=days)}
        RunRequest.objects.create(**slot, by="ann@acme.test")
        make_run(days, **slot, trigger="manual")

    forget_old_runs(now)

    assert [request.slot_at for request in RunRequest.objects.all()] == [now - timedelta(days=6)]
