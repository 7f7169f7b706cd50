"""Firings under a lease: one worker at a time, taken over from dead ones, and given up in the end."""

from datetime import timedelta

import pytest
from django_tenants.utils import tenant_context

from orders.models import Order
from scheduling.agenda import ledger
from scheduling.agenda.clock import database_now
from scheduling.agenda.models import Firing
from scheduling.agenda.rescue import take_back_abandoned
from tests.conftest import NOON
from tests.scheduling import sample_tasks
from tests.scheduling.builders import make_firing
from tests.scheduling.delivery import deliver, let_lease_run_out, orders_of, plan, runs_of

SECOND = timedelta(seconds=1)


def die(firing):
    """Deliver a message to a worker that is killed while it is at it; some time passes."""
    with pytest.raises(SystemExit):
        deliver(sample_tasks.batches, firing)
    let_lease_run_out(firing)


@pytest.fixture
def deadly(acme):
    """A firing of a run that no worker survives."""
    with tenant_context(acme):
        sample_tasks.place_order("obstacle")
    return plan(acme, sample_tasks.batches)


def test_a_firing_is_begun_under_a_lease(acme):
    firing = make_firing(acme, NOON)

    assert ledger.begin(firing)

    firing.refresh_from_db()
    assert (firing.state, firing.attempts) == ("started", 1)
    assert 25 * SECOND < firing.leased_until - database_now() <= ledger.LEASE


def test_a_duplicate_is_dropped_while_the_lease_lives(acme):
    firing = plan(acme, sample_tasks.counting)
    ledger.begin(firing)

    deliver(sample_tasks.counting, firing)

    firing.refresh_from_db()
    assert (firing.state, firing.attempts) == ("started", 1)
    assert orders_of(acme) == set()


def test_a_firing_whose_lease_ran_out_is_taken_over(acme, globex):
    firing, other = plan(acme, sample_tasks.counting), make_firing(globex, NOON)
    ledger.begin(firing)
    ledger.begin(other)
    let_lease_run_out(firing)

    deliver(sample_tasks.counting, firing)

    firing.refresh_from_db()
    other.refresh_from_db()
    assert (firing.outcome, firing.attempts, firing.leased_until) == ("succeeded", 2, None)
    assert (other.state, other.attempts) == ("started", 1)


def test_a_second_try_keeps_the_instant_of_the_first(acme):
    firing = make_firing(acme, NOON)
    ledger.begin(firing)
    began_at = firing.started_at
    let_lease_run_out(firing)

    ledger.begin(firing)

    assert firing.started_at == began_at
    assert firing.attempts == 2


def test_a_message_that_comes_too_early_begins_nothing(acme):
    firing = make_firing(acme, NOON, publish_at=database_now() + 60 * SECOND)

    assert not ledger.begin(firing)

    firing.refresh_from_db()
    assert (firing.state, firing.attempts) == ("planned", 0)


def test_a_firing_that_waits_for_an_earlier_run_is_not_begun(acme):
    assert not ledger.begin(make_firing(acme, NOON, waits=True))


def test_a_settled_firing_is_neither_begun_nor_settled_again(acme):
    firing = make_firing(acme, NOON)
    ledger.settle(firing, ledger.Outcome("succeeded"))

    assert not ledger.begin(firing)
    ledger.settle(firing, ledger.Outcome("failed", "too late"))

    firing.refresh_from_db()
    assert (firing.state, firing.outcome, firing.error) == ("settled", "succeeded", "")


def test_a_run_that_every_worker_died_of_is_failed_and_visible(acme, deadly):
    for _ in range(ledger.ATTEMPTS_MAXIMUM):
        die(deadly)

    deliver(sample_tasks.batches, deadly)

    (run,) = runs_of(acme)
    assert (run.state, run.retries) == ("failed", 0)
    assert run.error == "The worker died of it 5 times."
    deadly.refresh_from_db()
    assert (deadly.state, deadly.outcome, deadly.error) == ("settled", "failed", run.error)


def test_a_run_that_four_workers_died_of_is_tried_once_more(acme, deadly):
    for _ in range(ledger.ATTEMPTS_MAXIMUM - 1):
        die(deadly)
    with tenant_context(acme):
        Order.objects.filter(number="obstacle").delete()

    deliver(sample_tasks.batches, deadly)

    (run,) = runs_of(acme)
    assert (run.state, run.closed) == ("succeeded", 3)


def test_what_dead_workers_counted_survives_the_rescue(acme, deadly):
    die(deadly)
    die(deadly)

    assert take_back_abandoned(database_now()) == 1

    deadly.refresh_from_db()
    assert (deadly.state, deadly.attempts, deadly.leased_until) == ("planned", 2, None)


def test_an_error_of_the_body_counts_as_a_retry_and_not_as_a_death(acme, deadly):
    failing = plan(acme, sample_tasks.failing, name="failing")
    die(deadly)

    deliver(sample_tasks.failing, failing)

    failing.refresh_from_db()
    deadly.refresh_from_db()
    assert (failing.attempts, deadly.attempts) == (0, 1)
    retries = {run.task: run.retries for run in runs_of(acme)}
    assert retries == {"sample.failing": 1, "sample.batches": 0}


def test_a_platform_task_that_every_worker_died_of_is_failed(platform_tenant):
    firing = make_firing(platform_tenant, NOON, task="sample.housekeeping", attempts=5)

    deliver(sample_tasks.housekeeping, firing)

    firing.refresh_from_db()
    assert (firing.state, firing.outcome) == ("settled", "failed")
    assert "5 times" in firing.error
    assert Firing.objects.in_flight_of([platform_tenant.pk]).count() == 0
