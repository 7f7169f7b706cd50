"""A run that failed is tried again by hand: once, for the same slot, and the books stay exact."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django_celery_beat.models import PeriodicTask
from django_tenants.utils import schema_context, tenant_context

from scheduling.accounting import Span, close_books
from scheduling.agenda.manual import plan_manual
from scheduling.agenda.models import Firing
from scheduling.models import Retry, Run
from scheduling.retention import forget_old_runs
from scheduling.retrying import retry
from tests.conftest import NOON
from tests.scheduling.builders import make_periodic_task
from tests.scheduling.delivery import deliver, orders_of
from tests.scheduling.sample_tasks import single
from tests.scheduling.undoings import make_run

NIGHT = NOON - timedelta(hours=12)


@pytest.fixture
def failed(acme):
    """A run of midnight that failed, of a schedule that is still there."""
    with tenant_context(acme):
        schedule = make_periodic_task(task=single.name, kwargs='{"size": 4}')
        return make_run(
            task=single.name, periodic_task_id=schedule.pk, slot_at=NIGHT, state="failed"
        )


def ask(tenant, run, by="ann@acme.test"):
    with tenant_context(tenant):
        return retry(run, by)


def firings_of(tenant):
    return Firing.objects.filter(tenant=tenant, trigger="manual")


def work_off(tenant):
    """Have a worker do what was asked for; return the run."""
    firing = firings_of(tenant).get()
    Firing.objects.filter(pk=firing.pk).update(state="published")
    deliver(single, firing)
    with tenant_context(tenant):
        return Run.objects.get(slot_at=firing.slot_at)


def test_a_failed_run_is_tried_again_as_a_run_of_its_own(acme, globex, failed):
    asked = ask(acme, failed)

    run = work_off(acme)

    assert (run.state, run.trigger, run.slot_at) == ("succeeded", "retry", asked.slot_at)
    with tenant_context(acme):
        failed.refresh_from_db()
    assert failed.state == "failed"
    assert not firings_of(globex).exists()


def test_its_task_is_told_the_slot_that_failed_and_what_the_schedule_says_now(acme, failed):
    ask(acme, failed)

    run = work_off(acme)

    assert orders_of(acme) == {f"00:00 {run.pk} 4"}


def test_once_is_enough(acme, failed):
    ask(acme, failed)

    with pytest.raises(ValidationError, match="tried again already, by ann"):
        ask(acme, failed, by="bob@acme.test")

    assert firings_of(acme).count() == 1


def test_of_two_at_once_the_database_lets_one(acme, failed, monkeypatch):
    ask(acme, failed)
    monkeypatch.setattr("scheduling.retrying.refuse_repeat", lambda run: None)

    with pytest.raises(IntegrityError):
        ask(acme, failed)

    assert firings_of(acme).count() == 1


def test_a_retry_that_failed_can_be_tried_again_for_the_first_slot(acme, failed):
    ask(acme, failed)
    second = work_off(acme)
    with tenant_context(acme):
        Run.objects.filter(pk=second.pk).update(state="failed")
        second.refresh_from_db()

    assert ask(acme, second).told_slot_at == NIGHT


@pytest.mark.parametrize("state", [state for state in Run.State.values if state != "failed"])
def test_only_what_failed_is_tried_again(acme, failed, state):
    failed.state = state

    with pytest.raises(ValidationError, match="Only a run that has failed"):
        ask(acme, failed)

    assert not firings_of(acme).exists()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda rows: rows.delete(), "deleted"),
        (lambda rows: rows.update(task="sample.counting", kwargs="{}"), "another task"),
        (lambda rows: rows.update(kwargs="[]"), "not a JSON object"),
    ],
)
def test_a_schedule_that_cannot_be_run_is_told(acme, failed, change, reason):
    with tenant_context(acme):
        change(PeriodicTask.objects.filter(pk=failed.periodic_task_id))

    with pytest.raises(ValidationError, match=reason):
        ask(acme, failed)

    with tenant_context(acme):
        assert not Retry.objects.exists()


def test_too_many_under_way_leave_the_run_to_be_tried_later(acme, failed, settings):
    settings.FIRINGS_IN_FLIGHT_MAXIMUM = 0

    with pytest.raises(ValidationError, match="Too many"):
        ask(acme, failed)

    settings.FIRINGS_IN_FLIGHT_MAXIMUM = 10
    assert ask(acme, failed)


def test_a_retry_is_no_slot_in_the_books(acme, failed):
    with tenant_context(acme):
        Run.objects.all().delete()
    ask(acme, failed)
    run = work_off(acme)

    span = Span(run.slot_at - timedelta(hours=1), run.slot_at + timedelta(hours=1))
    with schema_context("public"):
        books = close_books([acme], span, run.slot_at + timedelta(hours=2))

    assert books.surplus == []


def test_a_retry_leaves_a_one_off_enabled(acme, failed):
    with tenant_context(acme):
        PeriodicTask.objects.filter(pk=failed.periodic_task_id).update(one_off=True)
    ask(acme, failed)

    work_off(acme)

    with tenant_context(acme):
        assert PeriodicTask.objects.get(pk=failed.periodic_task_id).enabled


def test_a_run_by_hand_is_none(acme, failed):
    plan_manual(acme, failed.periodic_task_id, single.name)

    assert work_off(acme).trigger == "manual"


def test_a_retry_is_forgotten_with_its_run(acme, failed):
    ask(acme, failed)

    with tenant_context(acme):
        forget_old_runs(NOON + timedelta(days=4000))

        assert not Retry.objects.exists()
