"""Runs as the base class performs them, in the test's own transaction."""

import pytest
from django_celery_beat.models import PeriodicTask
from django_tenants.utils import tenant_context

from orders.models import Order
from scheduling.agenda.models import Firing
from tests.conftest import NOON
from tests.scheduling import sample_tasks
from tests.scheduling.builders import make_firing
from tests.scheduling.delivery import choose, deliver, let_lease_run_out, orders_of, plan, runs_of


def test_a_run_has_its_effect_in_its_own_schema_only(acme, globex):
    firing = plan(acme, sample_tasks.single, kwargs='{"size": 5}')

    deliver(sample_tasks.single, firing)

    (run,) = runs_of(acme)
    assert orders_of(acme) == {f"12:00 {run.pk} 5"}
    assert orders_of(globex) == set()
    assert runs_of(globex) == []


def test_a_run_tells_what_happened(acme):
    firing = plan(acme, sample_tasks.single, name="my schedule")

    deliver(sample_tasks.single, firing)

    (run,) = runs_of(acme)
    assert (run.name, run.task, run.slot_at) == ("my schedule", "sample.single", NOON)
    assert (run.state, run.trigger, run.examined, run.closed) == ("succeeded", "schedule", 1, 1)
    assert run.parameters == {"size": 3, "colour": "red"}
    assert run.started_at <= run.finished_at


def test_a_message_delivered_twice_has_one_effect(acme):
    firing = plan(acme, sample_tasks.counting)

    deliver(sample_tasks.counting, firing)
    deliver(sample_tasks.counting, firing)

    assert len(orders_of(acme)) == len(runs_of(acme)) == 1


def test_a_firing_whose_settling_was_lost_has_one_effect(acme):
    firing = plan(acme, sample_tasks.counting)
    deliver(sample_tasks.counting, firing)
    Firing.objects.filter(pk=firing.pk).update(state=Firing.State.PUBLISHED)

    deliver(sample_tasks.counting, firing)

    firing.refresh_from_db()
    assert (firing.state, firing.outcome) == ("settled", "succeeded")
    assert len(orders_of(acme)) == 1


def test_the_firing_is_settled_with_the_runs_state(acme):
    firing = plan(acme, sample_tasks.single)

    deliver(sample_tasks.single, firing)

    firing.refresh_from_db()
    assert (firing.state, firing.outcome) == ("settled", "succeeded")
    assert firing.started_at <= firing.settled_at


def test_the_periodic_task_hears_of_its_run(acme):
    firing = plan(acme, sample_tasks.single)

    deliver(sample_tasks.single, firing)

    with tenant_context(acme):
        row = PeriodicTask.objects.get(pk=firing.periodic_task_id)
    assert row.total_run_count == 1
    assert row.last_run_at is not None
    assert row.enabled


@pytest.mark.parametrize("task", [sample_tasks.single, sample_tasks.failing])
def test_a_one_off_is_disabled_by_its_run_whether_it_fails_or_not(acme, task):
    firing = plan(acme, task, one_off=True)
    choose(acme, firing, retries=0)

    deliver(task, firing)

    with tenant_context(acme):
        row = PeriodicTask.objects.get(pk=firing.periodic_task_id)
    assert (row.enabled, row.total_run_count) == (False, 1)


def test_a_run_by_hand_leaves_a_one_off_enabled(acme):
    firing = plan(acme, sample_tasks.single, one_off=True)
    Firing.objects.filter(pk=firing.pk).update(trigger="manual")

    deliver(sample_tasks.single, firing)

    with tenant_context(acme):
        assert PeriodicTask.objects.get(pk=firing.periodic_task_id).enabled


@pytest.mark.parametrize(("trigger", "state"), [("schedule", "paused"), ("manual", "succeeded")])
def test_a_pause_keeps_back_what_is_not_begun_but_no_run_by_hand(acme, trigger, state):
    firing = plan(acme, sample_tasks.single)
    Firing.objects.filter(pk=firing.pk).update(trigger=trigger)
    with tenant_context(acme):
        PeriodicTask.objects.filter(pk=firing.periodic_task_id).update(enabled=False)

    deliver(sample_tasks.single, firing)

    assert [run.state for run in runs_of(acme)] == [state]
    assert len(orders_of(acme)) == (state == "succeeded")


def test_a_body_that_says_why_it_does_nothing_ends_as_skipped(acme):
    firing = plan(acme, sample_tasks.sparing)

    deliver(sample_tasks.sparing, firing)
    deliver(sample_tasks.sparing, firing)

    (run,) = runs_of(acme)
    assert (run.state, run.closed, run.error) == ("skipped", 0, "Nobody works today.")
    firing.refresh_from_db()
    assert (firing.state, firing.outcome) == ("settled", "skipped")
    with tenant_context(acme):
        assert PeriodicTask.objects.get(pk=firing.periodic_task_id).total_run_count == 0


def test_a_body_that_did_something_before_is_not_skipped(acme):
    firing = plan(acme, sample_tasks.sparing)
    with tenant_context(acme):
        sample_tasks.place_order("busy")

    deliver(sample_tasks.sparing, firing)

    (run,) = runs_of(acme)
    assert (run.state, run.closed, run.error) == ("succeeded", 1, "Nobody works today.")


def test_a_run_killed_between_batches_is_taken_up_again(acme):
    firing = plan(acme, sample_tasks.batches)
    with tenant_context(acme):
        sample_tasks.place_order("obstacle")
    with pytest.raises(SystemExit):
        deliver(sample_tasks.batches, firing)
    assert runs_of(acme)[0].closed == 2
    with tenant_context(acme):
        Order.objects.filter(number="obstacle").delete()
    let_lease_run_out(firing)

    deliver(sample_tasks.batches, firing)

    (run,) = runs_of(acme)
    assert orders_of(acme) == {"first", "second", "third"}
    assert (run.state, run.examined, run.closed) == ("succeeded", 3, 3)


def test_a_body_that_fails_leaves_nothing_but_the_reason(acme):
    firing = plan(acme, sample_tasks.failing)
    choose(acme, firing, retries=0)

    deliver(sample_tasks.failing, firing)

    (run,) = runs_of(acme)
    assert orders_of(acme) == set()
    assert (run.state, run.error) == ("failed", "ValueError: no such warehouse")
    firing.refresh_from_db()
    assert (firing.outcome, firing.error) == (run.state, run.error)


def test_runs_outlive_their_schedule(acme):
    firing = plan(acme, sample_tasks.single)
    deliver(sample_tasks.single, firing)

    with tenant_context(acme):
        PeriodicTask.objects.filter(pk=firing.periodic_task_id).delete()

    assert len(runs_of(acme)) == 1


def test_a_slot_whose_schedule_was_deleted_is_cancelled(acme):
    firing = plan(acme, sample_tasks.single)
    with tenant_context(acme):
        PeriodicTask.objects.filter(pk=firing.periodic_task_id).delete()

    deliver(sample_tasks.single, firing)

    (run,) = runs_of(acme)
    assert run.state == "cancelled"
    assert orders_of(acme) == set()


def test_a_slot_whose_schedule_was_given_another_task_is_cancelled(acme):
    firing = plan(acme, sample_tasks.single)
    with tenant_context(acme):
        row = PeriodicTask.objects.filter(pk=firing.periodic_task_id)
        row.update(task=sample_tasks.batches.name)

    deliver(sample_tasks.single, firing)

    assert [run.state for run in runs_of(acme)] == ["cancelled"]
    assert orders_of(acme) == set()


def test_parameters_that_became_bad_run_nothing(acme):
    firing = plan(acme, sample_tasks.single, kwargs='{"size": 10}')

    deliver(sample_tasks.single, firing)

    (run,) = runs_of(acme)
    assert run.state == "cancelled"
    assert "size" in run.error


def test_a_platform_firing_is_settled(platform_tenant):
    firing = make_firing(platform_tenant, NOON, task="sample.housekeeping")

    deliver(sample_tasks.housekeeping, firing)

    firing.refresh_from_db()
    assert (firing.state, firing.outcome) == ("settled", "succeeded")
