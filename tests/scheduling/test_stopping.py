"""Runs that people stop: a tenant's own, and any by the platform's staff."""

import contextlib
from datetime import timedelta

import pytest
from django.db import ProgrammingError, connection, transaction
from django_tenants.utils import tenant_context

from scheduling.agenda.clock import database_now
from scheduling.agenda.models import Firing, TenantIndex
from scheduling.agenda.stopping import hasten_stopped
from scheduling.models import Run
from tenants.audit.models import Entry
from tests.conftest import NOON
from tests.people import STAFF, do, logged_in, make_staff, make_user, owner_of, told
from tests.scheduling import sample_tasks
from tests.scheduling.builders import make_firing
from tests.scheduling.delivery import deliver, let_lease_run_out, orders_of, plan, runs_of

SECOND = timedelta(seconds=1)


@pytest.fixture
def staff(db):
    make_staff()
    return logged_in("platform", STAFF)


def make_run(tenant, state="running", **fields):
    with tenant_context(tenant):
        given = {"periodic_task_id": 1, "slot_at": NOON, "trigger": "schedule", "name": "closing"}
        return Run.objects.create(state=state, **given | fields)


def half_done(tenant):
    """Return the firing of a run whose worker died after two of three steps."""
    with tenant_context(tenant):
        sample_tasks.place_order("obstacle")
    firing = plan(tenant, sample_tasks.batches)
    with pytest.raises(SystemExit):
        deliver(sample_tasks.batches, firing)
    let_lease_run_out(firing)
    return firing


def retrying(tenant):
    """Return the firing of a run that waits for its next try."""
    firing = plan(tenant, sample_tasks.failing)
    deliver(sample_tasks.failing, firing)
    return firing


def stop(client, *runs):
    return do(client, "scheduling/run", "stop", [run.pk for run in runs])


def stop_firing(client, firing):
    return do(client, "agenda/firing", "stop", [firing.pk])


def outcome(firing):
    firing.refresh_from_db()
    return firing.state, firing.outcome


@pytest.mark.parametrize(
    "asked",
    [
        "UPDATE scheduling_run SET state = 'cancelled'",
        "UPDATE public.agenda_firing SET stop_requested_at = now()",
    ],
    ids=["by the tenant", "by staff"],
)
def test_no_step_is_taken_after_a_stop(acme, monkeypatch, asked):
    monkeypatch.setattr(sample_tasks, "interruption", asked)
    firing = plan(acme, sample_tasks.interrupted)

    deliver(sample_tasks.interrupted, firing)

    assert orders_of(acme) == {"first"}
    assert [(run.state, run.closed) for run in runs_of(acme)] == [("cancelled", 1)]
    assert outcome(firing) == ("settled", "cancelled")


# By the tenant -----------------------------------------------------------------------------------
def test_a_run_that_is_stopped_says_by_whom(acme, globex):
    mine, others = make_run(acme), make_run(globex)

    answer = stop(owner_of("acme"), mine)

    (run,) = runs_of(acme)
    assert (run.state, run.error) == ("cancelled", "Stopped by owner@acme.test.")
    assert run.finished_at
    assert "is stopped" in told(answer)
    assert [run.pk for run in runs_of(globex) if run.is_running] == [others.pk]


def test_stopping_is_in_the_audit_log(acme):
    run = make_run(acme, error="ValueError")

    stop(owner_of("acme"), run)

    with tenant_context(acme):
        entry = Entry.objects.latest("pk")
    assert (entry.actor, entry.model) == ("owner@acme.test", "scheduling.run")
    assert entry.changes["state"] == ["running", "cancelled"]


def test_a_run_that_has_ended_stays_as_it_is(acme):
    run = make_run(acme, "succeeded")

    for _ in range(2):
        assert "nothing to stop" in told(stop(owner_of("acme"), run))

    assert [run.state for run in runs_of(acme)] == ["succeeded"]


@pytest.mark.parametrize(("role", "state"), [("viewer", "running"), ("manager", "cancelled")])
def test_who_may_run_a_schedule_may_stop_it(acme, role, state):
    make_user(acme, "ann@acme.test", role)
    run = make_run(acme)

    stop(logged_in("acme", "ann@acme.test"), run)

    assert [run.state for run in runs_of(acme)] == [state]


def test_a_stopped_run_is_not_taken_up_again(acme):
    firing = half_done(acme)
    stop(owner_of("acme"), *runs_of(acme))

    deliver(sample_tasks.batches, firing)

    assert orders_of(acme) == {"obstacle", "first", "second"}
    assert [(run.state, run.closed) for run in runs_of(acme)] == [("cancelled", 2)]
    assert outcome(firing) == ("settled", "cancelled")


def test_an_owner_too_stops_a_run_that_waits_for_its_retry_at_once(acme, globex):
    firing, other = retrying(acme), retrying(globex)
    stop(owner_of("acme"), *runs_of(acme))

    assert hasten_stopped(database_now()) == 1
    deliver(sample_tasks.failing, firing)

    assert [(run.state, run.retries) for run in runs_of(acme)] == [("cancelled", 1)]
    assert runs_of(acme)[0].error == "Stopped by owner@acme.test."
    assert outcome(firing) == ("settled", "cancelled")
    assert outcome(other) == ("planned", "")


def test_a_stop_is_of_one_schedules_run(acme):
    firing = retrying(acme)
    other = make_firing(acme, firing.slot_at, firing.periodic_task_id + 1)

    stop(owner_of("acme"), *runs_of(acme))

    firing.refresh_from_db()
    other.refresh_from_db()
    assert (bool(firing.stop_requested_at), other.stop_requested_at) == (True, None)


@pytest.mark.parametrize(
    "change",
    [
        "stop_requested_at = NULL",
        "stop_requested_at = NULL WHERE stop_requested_at IS NOT NULL",
        "state = 'settled'",
        "stop_requested_at = now(), outcome = 'succeeded'",
        "tenant_id = 1, stop_requested_at = now()",
    ],
)
def test_a_tenant_takes_no_stop_back_and_changes_nothing_else(acme, staff, change):
    firing = plan(acme, sample_tasks.single)
    stop_firing(staff, firing)
    kept = Firing.objects.values().get(pk=firing.pk)

    with tenant_context(acme), contextlib.suppress(ProgrammingError), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE public.agenda_firing SET {change}")

    assert Firing.objects.values().get(pk=firing.pk) == kept


def test_a_tenant_stops_no_other_tenants_firing(acme, globex):
    firing = plan(globex, sample_tasks.single)

    with tenant_context(acme), connection.cursor() as cursor:
        cursor.execute("UPDATE public.agenda_firing SET stop_requested_at = now()")

    assert not Firing.objects.get(pk=firing.pk).stop_requested_at


# By the platform's staff -------------------------------------------------------------------------
def test_staff_stop_a_run_before_its_next_step(acme, staff):
    firing = half_done(acme)

    answer = stop_firing(staff, firing)
    deliver(sample_tasks.batches, firing)

    (run,) = runs_of(acme)
    assert (run.state, run.error) == ("cancelled", "Stopped by the platform's staff.")
    assert orders_of(acme) == {"obstacle", "first", "second"}
    assert outcome(firing) == ("settled", "cancelled")
    assert "ends before its next step" in told(answer)


def test_a_firing_that_is_not_begun_is_cancelled_when_a_worker_comes_to_it(acme, globex, staff):
    firing, other = plan(acme, sample_tasks.single), plan(globex, sample_tasks.single)
    stop_firing(staff, firing)

    deliver(sample_tasks.single, firing)
    deliver(sample_tasks.single, other)

    assert [run.state for run in runs_of(acme)] == ["cancelled"]
    assert orders_of(acme) == set()
    assert [run.state for run in runs_of(globex)] == ["succeeded"]


def test_a_firing_of_the_platform_is_cancelled_too(platform_tenant, staff):
    firing = make_firing(platform_tenant, NOON, task="sample.falling")
    stop_firing(staff, firing)

    deliver(sample_tasks.falling, firing)

    assert outcome(firing) == ("settled", "cancelled")


def test_what_is_settled_is_not_stopped(acme, staff):
    firing = make_firing(acme, NOON, state="settled", outcome="succeeded")

    assert "has ended" in told(stop_firing(staff, firing))

    firing.refresh_from_db()
    assert firing.stop_requested_at is None


def test_staff_who_only_look_stop_nothing(acme, platform_tenant):
    firing = make_firing(acme, NOON)
    looker = make_user(platform_tenant, "looker@platform.test", is_staff=True)
    permissions = looker.user_permissions.model.objects.filter(codename="view_firing")
    with tenant_context(platform_tenant):
        looker.user_permissions.set(permissions)

    stop_firing(logged_in("platform", "looker@platform.test"), firing)

    firing.refresh_from_db()
    assert firing.stop_requested_at is None


def test_a_ticked_row_that_cannot_be_is_a_bad_request(acme, staff):
    firing = make_firing(acme, NOON)

    assert do(staff, "agenda/firing", "stop", ["12"]).status_code == 400
    assert do(staff, "agenda/firing", "stop", [firing.pk, "x"]).status_code == 400
    assert do(staff, "tenants/tenant", "resume", [firing.pk]).status_code == 400


def test_what_staff_stop_is_in_the_platforms_audit_log_once(acme, staff):
    firing = make_firing(acme, NOON)

    stop_firing(staff, firing)
    stop_firing(staff, firing)

    (entry,) = Entry.objects.filter(model="agenda.firing")
    assert (entry.actor, entry.object_pk) == (STAFF, str(firing.pk))


def test_a_run_that_waits_for_its_retry_is_stopped_at_once(acme, globex, staff):
    firing, other = retrying(acme), retrying(globex)
    stop_firing(staff, firing)

    assert hasten_stopped(database_now()) == 1
    deliver(sample_tasks.failing, firing)

    assert outcome(firing) == ("settled", "cancelled")
    assert [run.state for run in runs_of(acme)] == ["cancelled"]
    assert outcome(other) == ("planned", "")


def test_a_firing_that_waits_for_an_earlier_run_is_stopped_at_once(acme, staff):
    firing = plan(acme, sample_tasks.single)
    Firing.objects.filter(pk=firing.pk).update(waits=True)
    stop_firing(staff, firing)

    hasten_stopped(database_now())
    deliver(sample_tasks.single, firing)

    assert outcome(firing) == ("settled", "cancelled")


def test_what_waits_for_its_tenants_repair_is_not_hastened(acme, staff):
    later = database_now() + 60 * SECOND
    firing = make_firing(acme, NOON, publish_at=later)
    TenantIndex.objects.update_or_create(tenant=acme, defaults={"halted_until": later})
    stop_firing(staff, firing)

    assert hasten_stopped(database_now()) == 0
