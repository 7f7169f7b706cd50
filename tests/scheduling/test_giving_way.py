"""Runs that are long: they give way to others after a slice of time, and stay one run."""

import itertools
import sys
from types import SimpleNamespace

import pytest
from django_celery_beat.models import PeriodicTask
from django_tenants.utils import tenant_context

from orders.models import Order
from scheduling.agenda.clock import database_now
from scheduling.agenda.flights import Flights
from scheduling.agenda.models import Firing
from scheduling.agenda.rescue import take_back_abandoned
from scheduling.agenda.stopping import STOPPED_TEXT
from scheduling.running import perform
from scheduling.stopping import stop_runs
from tests.conftest import NOON
from tests.scheduling import sample_tasks
from tests.scheduling.delivery import (
    deliver,
    let_lease_run_out,
    orders_of,
    plan,
    refused,
    runs_of,
)


@pytest.fixture(autouse=True)
def no_time(settings):
    """Have every step end its slice."""
    settings.RUN_SLICE_SECONDS = 0.0


def published(firing):
    """Have beat publish a planned firing, whose message then is on its way."""
    firing.refresh_from_db()
    assert firing.state == "planned"
    firing.state, firing.publications = "published", firing.publications + 1
    firing.save(update_fields=["state", "publications"])
    return firing


def begun(tenant, task=sample_tasks.batches):
    """Return the firing of a run that has taken its first step and gave way."""
    firing = published(plan(tenant, task))
    deliver(task, firing)
    return firing


def state_of(run):
    return run.state, run.examined, run.closed, run.retries


def test_a_run_whose_slice_is_over_waits_behind_the_others(acme, globex):
    since = database_now()

    firing = begun(acme)

    firing.refresh_from_db()
    assert (firing.state, firing.leased_until, firing.outcome) == ("planned", None, "")
    assert since < firing.publish_at <= database_now()
    assert [state_of(run) for run in runs_of(acme)] == [("running", 1, 1, 0)]
    assert orders_of(acme) == {"first"}
    assert runs_of(globex) == []


def test_a_slice_that_ends_while_its_step_is_committed_is_given_up_by_the_next(
    acme, settings, monkeypatch
):
    """Else the run would stop without a word, and wait for its lease to run out."""
    settings.RUN_SLICE_SECONDS = 1.0
    looks = itertools.count(0, 0.6)
    clock = SimpleNamespace(monotonic=lambda: next(looks))
    monkeypatch.setattr("scheduling.running.time", clock)

    firing = begun(acme)

    firing.refresh_from_db()
    assert (firing.state, firing.leased_until, firing.attempts) == ("planned", None, 0)
    assert [state_of(run) for run in runs_of(acme)] == [("running", 2, 2, 0)]


def test_it_is_one_run_in_as_many_slices_as_it_takes(acme):
    firing = begun(acme)
    (before,) = runs_of(acme)

    for _ in range(3):
        deliver(sample_tasks.batches, published(firing))

    (run,) = runs_of(acme)
    assert (run.pk, run.started_at) == (before.pk, before.started_at)
    assert state_of(run) == ("succeeded", 3, 3, 0)
    assert orders_of(acme) == {"first", "second", "third"}
    firing.refresh_from_db()
    assert (firing.state, firing.outcome) == ("settled", "succeeded")
    with tenant_context(acme):
        assert PeriodicTask.objects.get(pk=firing.periodic_task_id).total_run_count == 1


def test_a_slice_is_neither_an_attempt_nor_a_message_in_vain(acme):
    firing = begun(acme)

    for _ in range(2):
        deliver(sample_tasks.batches, published(firing))

    firing.refresh_from_db()
    assert (firing.attempts, firing.publications) == (0, 0)


def test_deaths_of_workers_count_over_all_slices(acme):
    firing = published(begun(acme))
    Firing.objects.filter(pk=firing.pk).update(state="started", attempts=4, leased_until=NOON)
    take_back_abandoned(database_now())

    deliver(sample_tasks.batches, published(firing))

    firing.refresh_from_db()
    assert (firing.state, firing.attempts) == ("planned", 4)


def test_a_worker_that_dies_in_a_later_slice_loses_and_doubles_nothing(acme):
    firing = begun(acme)
    deliver(sample_tasks.batches, published(firing))
    with tenant_context(acme):
        sample_tasks.place_order("obstacle")
    with pytest.raises(SystemExit):
        deliver(sample_tasks.batches, published(firing))
    with tenant_context(acme):
        Order.objects.filter(number="obstacle").delete()
    let_lease_run_out(firing)
    assert take_back_abandoned(database_now()) == 1

    deliver(sample_tasks.batches, published(firing))
    deliver(sample_tasks.batches, published(firing))

    assert [state_of(run) for run in runs_of(acme)] == [("succeeded", 3, 3, 0)]
    assert orders_of(acme) == {"first", "second", "third"}


def test_a_worker_that_lost_its_firing_gives_up_nothing_of_the_next_ones(acme):
    firing = begun(acme)
    Firing.objects.filter(pk=firing.pk).update(state="started", attempts=2, publish_at=NOON)
    lost = Firing.objects.select_related("tenant").get(pk=firing.pk)
    lost.attempts = 1

    with tenant_context(acme):
        assert perform(lost, sample_tasks.batches) is None

    firing.refresh_from_db()
    assert (firing.state, firing.attempts) == ("started", 2)


def test_a_body_that_fails_in_a_later_slice_is_tried_again(acme):
    firing = begun(acme, sample_tasks.stumbling)

    deliver(sample_tasks.stumbling, published(firing))

    assert [state_of(run) for run in runs_of(acme)] == [("running", 1, 1, 1)]
    firing.refresh_from_db()
    assert firing.publish_at > database_now()


def test_a_run_that_gave_way_goes_on_when_its_schedule_is_paused(acme):
    firing = begun(acme)
    with tenant_context(acme):
        PeriodicTask.objects.filter(pk=firing.periodic_task_id).update(enabled=False)

    deliver(sample_tasks.batches, published(firing))

    assert [state_of(run) for run in runs_of(acme)] == [("running", 2, 2, 0)]


def test_a_run_that_gave_way_is_stopped_by_its_tenant(acme):
    firing = begun(acme)
    with tenant_context(acme):
        stop_runs(runs_of(acme), by="ann@acme.test")

    deliver(sample_tasks.batches, published(firing))

    assert [state_of(run) for run in runs_of(acme)] == [("cancelled", 1, 1, 0)]
    firing.refresh_from_db()
    assert (firing.state, firing.outcome) == ("settled", "cancelled")


def test_a_run_that_gave_way_is_stopped_by_staff(acme):
    firing = begun(acme)
    Firing.objects.filter(pk=firing.pk).update(stop_requested_at=database_now())

    deliver(sample_tasks.batches, published(firing))

    assert [(run.state, run.error) for run in runs_of(acme)] == [("cancelled", STOPPED_TEXT)]


def test_a_run_that_gave_way_ends_when_its_tenant_is_suspended(acme):
    firing = begun(acme)
    type(acme).objects.filter(pk=acme.pk).update(state="suspended")

    refused(sample_tasks.batches, published(firing), acme)

    assert [state_of(run) for run in runs_of(acme)] == [("suspended", 1, 1, 0)]
    assert orders_of(acme) == {"first"}


def test_its_schedules_next_slot_overlaps_with_a_run_that_gave_way(acme):
    firing = begun(acme)

    assert Firing.objects.going(acme.pk, firing.periodic_task_id).count() == 1
    assert Flights([acme.pk]).number[acme.pk] == 1


def test_a_step_and_its_giving_way_are_one(acme, monkeypatch):
    firing = published(plan(acme, sample_tasks.batches))
    monkeypatch.setattr("scheduling.agenda.ledger.wake_beat", sys.exit)

    with pytest.raises(SystemExit):
        deliver(sample_tasks.batches, firing)

    assert orders_of(acme) == set()
    assert runs_of(acme) == []
