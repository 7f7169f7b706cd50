"""Runs as the base class performs them, in the test's own transaction."""

import pytest
from celery.exceptions import Reject
from django.db import OperationalError
from django_celery_beat.models import PeriodicTask
from django_tenants.utils import schema_context, tenant_context

from orders.models import Order
from scheduling.agenda.ledger import Refused
from scheduling.agenda.models import Firing
from scheduling.agenda.signature import HEADER, sign
from scheduling.models import Run
from scheduling.running import perform
from tenants.postgresql.base import DatabaseWrapper
from tests.conftest import NOON
from tests.scheduling import sample_tasks
from tests.scheduling.builders import make_firing, make_periodic_task


def inside(tenant):
    return tenant_context(tenant)


def plan(tenant, task, **fields):
    """Store a periodic task of the tenant and a firing of it."""
    with inside(tenant):
        row = make_periodic_task(task=task.name, **fields)
    return make_firing(tenant, NOON, row.pk, task=task.name)


def deliver(task, firing, schema_name=None, signature=None):
    """Call the task as a worker does once tenant-schemas-celery has switched the schema."""
    message_id = str(firing.pk if isinstance(firing, Firing) else firing)
    headers = {HEADER: signature or sign(task.name, message_id)}
    task.push_request(id=message_id, args=[], kwargs={}, **headers)
    try:
        with schema_context(schema_name or firing.tenant.schema_name):
            task()
    finally:
        task.pop_request()


def orders_of(tenant):
    with inside(tenant):
        return set(Order.objects.values_list("number", flat=True))


def runs_of(tenant):
    with inside(tenant):
        return list(Run.objects.all())


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

    with inside(acme):
        row = PeriodicTask.objects.get(pk=firing.periodic_task_id)
    assert row.total_run_count == 1
    assert row.last_run_at is not None
    assert row.enabled


def test_a_one_off_is_disabled_by_its_run(acme):
    firing = plan(acme, sample_tasks.single, one_off=True)

    deliver(sample_tasks.single, firing)

    with inside(acme):
        assert not PeriodicTask.objects.get(pk=firing.periodic_task_id).enabled


def test_a_run_by_hand_leaves_a_one_off_enabled(acme):
    firing = plan(acme, sample_tasks.single, one_off=True)
    Firing.objects.filter(pk=firing.pk).update(trigger="manual")

    deliver(sample_tasks.single, firing)

    with inside(acme):
        assert PeriodicTask.objects.get(pk=firing.periodic_task_id).enabled


def test_a_run_killed_between_batches_is_taken_up_again(acme):
    firing = plan(acme, sample_tasks.batches)
    with inside(acme):
        sample_tasks.place_order("obstacle")
    with pytest.raises(SystemExit):
        deliver(sample_tasks.batches, firing)
    assert runs_of(acme)[0].closed == 2
    with inside(acme):
        Order.objects.filter(number="obstacle").delete()

    deliver(sample_tasks.batches, firing)

    (run,) = runs_of(acme)
    assert orders_of(acme) == {"first", "second", "third"}
    assert (run.state, run.examined, run.closed) == ("succeeded", 3, 3)


def test_a_body_that_fails_leaves_nothing_but_the_reason(acme):
    firing = plan(acme, sample_tasks.failing)

    deliver(sample_tasks.failing, firing)

    (run,) = runs_of(acme)
    assert orders_of(acme) == set()
    assert (run.state, run.error) == ("failed", "ValueError: no such warehouse")
    firing.refresh_from_db()
    assert (firing.outcome, firing.error) == (run.state, run.error)


def test_runs_outlive_their_schedule(acme):
    firing = plan(acme, sample_tasks.single)
    deliver(sample_tasks.single, firing)

    with inside(acme):
        PeriodicTask.objects.filter(pk=firing.periodic_task_id).delete()

    assert len(runs_of(acme)) == 1


def test_a_slot_whose_schedule_was_deleted_is_cancelled(acme):
    firing = plan(acme, sample_tasks.single)
    with inside(acme):
        PeriodicTask.objects.filter(pk=firing.periodic_task_id).delete()

    deliver(sample_tasks.single, firing)

    (run,) = runs_of(acme)
    assert run.state == "cancelled"
    assert orders_of(acme) == set()


def test_a_slot_whose_schedule_was_given_another_task_is_cancelled(acme):
    firing = plan(acme, sample_tasks.single)
    with inside(acme):
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


def refused(task, firing, acme, schema_name=None):
    with pytest.raises(Reject) as rejection:
        deliver(task, firing, schema_name or acme.schema_name)
    assert rejection.value.requeue is False
    return str(rejection.value.reason)


def test_a_message_without_a_firing_is_refused(acme):
    refused(sample_tasks.single, "8d0c0c6e-8a0d-4b0e-a6b3-3d4b3d7c0000", acme)
    refused(sample_tasks.single, "not an id", acme)

    assert orders_of(acme) == set()


def test_a_message_for_another_tenants_schema_is_refused(acme, globex):
    firing = plan(acme, sample_tasks.single)

    refused(sample_tasks.single, firing, acme, globex.schema_name)
    refused(sample_tasks.single, firing, acme, "public")

    assert orders_of(acme) == orders_of(globex) == set()


def test_a_message_that_names_another_task_is_refused(acme):
    firing = plan(acme, sample_tasks.single)

    assert "sample.single" in refused(sample_tasks.batches, firing, acme)
    assert orders_of(acme) == set()


def test_a_task_that_is_not_offered_is_refused_even_with_a_firing(acme):
    firing = plan(acme, sample_tasks.private)

    refused(sample_tasks.private, firing, acme)

    assert orders_of(acme) == set()


def test_a_suspended_tenants_firing_is_refused_and_settled(acme, globex):
    firing = plan(acme, sample_tasks.single)
    type(acme).objects.filter(pk=acme.pk).update(state="suspended")

    refused(sample_tasks.single, firing, acme)

    firing.refresh_from_db()
    assert (firing.state, firing.outcome) == ("settled", "suspended")
    assert orders_of(acme) == set()


def test_a_firing_that_was_settled_while_suspended_never_runs(acme):
    firing = plan(acme, sample_tasks.single)
    type(acme).objects.filter(pk=acme.pk).update(state="suspended")
    refused(sample_tasks.single, firing, acme)
    type(acme).objects.filter(pk=acme.pk).update(state="active")

    deliver(sample_tasks.single, firing)

    assert orders_of(acme) == set()
    assert runs_of(acme) == []


def test_a_message_whose_schema_could_not_be_looked_up_is_given_back(acme):
    """As while Postgres comes and goes: it must run later, not be dropped."""
    firing = plan(acme, sample_tasks.single)
    task = sample_tasks.single
    task.push_request(id=str(firing.pk), _schema_name=acme.schema_name)
    try:
        with pytest.raises(OperationalError), schema_context("public"):
            task.fulfil(str(firing.pk))
    finally:
        task.pop_request()

    assert orders_of(acme) == set()


def test_a_search_path_that_is_not_the_tenants_is_refused(acme, globex, monkeypatch):
    """A mistake in the switching itself, which the name on the connection does not show."""
    firing = plan(acme, sample_tasks.single)
    real = DatabaseWrapper.enter
    stray = lambda wrapper, *_standing: real(wrapper, globex.schema_name, globex.schema_name)  # noqa: E731
    monkeypatch.setattr(DatabaseWrapper, "enter", stray)

    with inside(acme), pytest.raises(Refused, match=globex.schema_name):
        perform(firing, sample_tasks.single)

    monkeypatch.undo()
    assert orders_of(globex) == orders_of(acme) == set()


@pytest.mark.parametrize(
    "forged",
    [
        "no signature",
        sign("sample.single", "another id"),
        sign("sample.twice", "the id"),
    ],
)
def test_a_message_that_is_not_ours_is_refused_before_it_is_looked_at(acme, forged):
    firing = plan(acme, sample_tasks.single)

    with pytest.raises(Reject, match="signature"):
        deliver(sample_tasks.single, firing, signature=forged)

    firing.refresh_from_db()
    assert firing.state != "started"
    assert orders_of(acme) == set()


def test_a_platform_task_runs_only_in_the_public_schema(acme):
    with pytest.raises(Reject):
        deliver(sample_tasks.housekeeping, "any id", acme.schema_name)


def test_a_platform_firing_is_settled(platform_tenant):
    firing = make_firing(platform_tenant, NOON, task="sample.housekeeping")

    deliver(sample_tasks.housekeeping, firing)

    firing.refresh_from_db()
    assert (firing.state, firing.outcome) == ("settled", "succeeded")
