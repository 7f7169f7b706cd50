"""Runs whose body fails: tried again after a pause that grows, as often as the schedule says."""

from datetime import timedelta

import pytest
from django_celery_beat.models import PeriodicTask
from django_tenants.utils import tenant_context

from orders.models import Order
from scheduling.agenda.clock import database_now
from scheduling.agenda.models import Firing
from scheduling.models import Policy
from scheduling.running import back_off
from tests.conftest import NOON
from tests.scheduling import sample_tasks
from tests.scheduling.builders import make_firing
from tests.scheduling.delivery import choose, deliver, orders_of, plan, runs_of

SECOND = timedelta(seconds=1)


def pause_of(firing):
    """Return how many seconds a firing waits for its next try, and stop waiting."""
    firing.refresh_from_db()
    assert firing.state == "planned"
    left = firing.publish_at - database_now()
    Firing.objects.filter(pk=firing.pk).update(publish_at=NOON, state="published")
    return round(left / (10 * SECOND)) * 10


def test_a_run_is_tried_again_after_pauses_that_grow(acme):
    firing = plan(acme, sample_tasks.failing)
    pauses = []

    for _ in range(3):
        deliver(sample_tasks.failing, firing)
        pauses.append(pause_of(firing))

    assert pauses == [10, 40, 160]
    assert orders_of(acme) == set()


def test_no_pause_is_longer_than_an_hour():
    assert [back_off(retries) / SECOND for retries in (3, 4, 5, 9)] == [640, 2560, 3600, 3600]


def test_a_run_that_waits_for_its_next_try_is_running_and_says_why(acme, globex):
    firing = plan(acme, sample_tasks.failing)

    deliver(sample_tasks.failing, firing)

    (run,) = runs_of(acme)
    assert (run.state, run.retries, run.finished_at) == ("running", 1, None)
    assert run.error == "ValueError: no such warehouse"
    firing.refresh_from_db()
    assert (firing.state, firing.outcome, firing.error) == ("planned", "", run.error)
    assert runs_of(globex) == []


def test_a_message_that_comes_before_the_pause_is_over_tries_nothing(acme):
    firing = plan(acme, sample_tasks.failing)
    deliver(sample_tasks.failing, firing)

    deliver(sample_tasks.failing, firing)

    assert [run.retries for run in runs_of(acme)] == [1]


@pytest.mark.parametrize("retries", [0, 1, 5])
def test_a_schedule_says_how_often_its_runs_are_tried_again(acme, retries):
    firing = plan(acme, sample_tasks.failing)
    choose(acme, firing, retries=retries)

    for _ in range(retries):
        deliver(sample_tasks.failing, firing)
        pause_of(firing)
    deliver(sample_tasks.failing, firing)

    (run,) = runs_of(acme)
    assert (run.state, run.retries) == ("failed", retries)
    assert run.finished_at
    firing.refresh_from_db()
    assert (firing.state, firing.outcome) == ("settled", "failed")


def test_a_schedule_that_says_nothing_has_three_retries(acme):
    firing = plan(acme, sample_tasks.failing)

    while not firing.is_settled:
        deliver(sample_tasks.failing, firing)
        Firing.objects.filter(pk=firing.pk).update(publish_at=NOON)
        firing.refresh_from_db()

    assert [(run.state, run.retries) for run in runs_of(acme)] == [("failed", 3)]


def test_what_a_tenant_chooses_meanwhile_counts(acme):
    firing = plan(acme, sample_tasks.failing)
    choose(acme, firing, retries=9)
    deliver(sample_tasks.failing, firing)
    pause_of(firing)
    with tenant_context(acme):
        Policy.objects.update(retries=1)

    deliver(sample_tasks.failing, firing)

    assert [run.state for run in runs_of(acme)] == ["failed"]


def test_a_retry_that_succeeds_ends_the_run_without_an_error(acme):
    firing = plan(acme, sample_tasks.placing)
    with tenant_context(acme):
        sample_tasks.place_order("the one")  # the number is unique
    deliver(sample_tasks.placing, firing)
    assert [run.state for run in runs_of(acme)] == ["running"]
    with tenant_context(acme):
        Order.objects.all().delete()
    pause_of(firing)

    deliver(sample_tasks.placing, firing)

    (run,) = runs_of(acme)
    assert (run.state, run.retries, run.error, run.closed) == ("succeeded", 1, "", 1)
    firing.refresh_from_db()
    assert (firing.outcome, firing.error) == ("succeeded", "")
    assert orders_of(acme) == {"the one"}


def test_what_steps_before_the_error_did_is_kept_and_counted_once(acme):
    firing = plan(acme, sample_tasks.stumbling)
    deliver(sample_tasks.stumbling, firing)
    assert (orders_of(acme), runs_of(acme)[0].closed) == ({"first"}, 1)
    with tenant_context(acme):
        sample_tasks.place_order("help")
    pause_of(firing)

    deliver(sample_tasks.stumbling, firing)

    (run,) = runs_of(acme)
    assert (run.state, run.closed) == ("succeeded", 2)
    assert orders_of(acme) == {"first", "help", "second"}


def test_a_schedule_that_is_paused_during_a_retry_ends_what_it_began(acme):
    firing = plan(acme, sample_tasks.failing)
    choose(acme, firing, retries=1)
    deliver(sample_tasks.failing, firing)
    pause_of(firing)
    with tenant_context(acme):
        PeriodicTask.objects.filter(pk=firing.periodic_task_id).update(enabled=False)

    deliver(sample_tasks.failing, firing)

    assert [run.state for run in runs_of(acme)] == ["failed"]


def test_a_platform_task_that_fails_is_not_tried_again(platform_tenant):
    """It comes again by its own cadence, and the ledger says what was wrong."""
    firing = make_firing(platform_tenant, NOON, task="sample.falling")

    deliver(sample_tasks.falling, firing)

    firing.refresh_from_db()
    assert (firing.state, firing.outcome) == ("settled", "failed")
    assert firing.error == "ValueError: no such cellar"
