"""Slots for which no body runs: a worker writes down what became of them, once."""

from datetime import timedelta

import pytest
from django_celery_beat.models import PeriodicTask
from django_tenants.utils import tenant_context

from scheduling.agenda import ledger
from scheduling.agenda.models import TenantIndex
from scheduling.models import Run
from scheduling.tasks import record_verdict
from tests.conftest import NOON
from tests.scheduling import sample_tasks
from tests.scheduling.builders import make_firing, make_periodic_task
from tests.scheduling.delivery import deliver, orders_of, plan, refused, runs_of

HOUR = timedelta(hours=1)
REASON = "Nobody was there to take it in time."


@pytest.fixture
def missed(acme):
    """Five slots in a row that nobody took."""
    with tenant_context(acme):
        row = make_periodic_task("hourly")
    stretch = {"last_slot_at": NOON + 4 * HOUR, "slots": 5}
    return make_firing(acme, NOON, row.pk, verdict="missed", error=REASON, **stretch)


def test_a_missed_stretch_is_one_run_that_says_from_when_to_when_and_why(acme, globex, missed):
    deliver(record_verdict, missed)

    (run,) = runs_of(acme)
    assert (run.name, run.state, run.error) == ("hourly", "missed", REASON)
    assert (run.slot_at, run.last_slot_at, run.slots) == (NOON, NOON + 4 * HOUR, 5)
    assert run.started_at is None
    assert run.finished_at
    assert runs_of(globex) == []


def test_the_firing_is_settled_with_its_verdict(missed):
    deliver(record_verdict, missed)

    missed.refresh_from_db()
    assert (missed.state, missed.outcome, missed.error) == ("settled", "missed", REASON)


def test_a_verdict_that_is_delivered_again_is_written_once(acme, missed):
    deliver(record_verdict, missed)
    type(missed).objects.filter(pk=missed.pk).update(state="published")  # its settling was lost

    deliver(record_verdict, missed)

    assert len(runs_of(acme)) == 1


def test_a_verdict_changes_no_run_that_has_ended(acme):
    firing = plan(acme, sample_tasks.single)
    deliver(sample_tasks.single, firing)
    fields = {"state": "published", "verdict": "failed", "error": "sent in vain"}
    type(firing).objects.filter(pk=firing.pk).update(**fields)

    deliver(record_verdict, firing)

    assert [run.state for run in runs_of(acme)] == ["succeeded"]
    firing.refresh_from_db()
    assert firing.outcome == "succeeded"


def test_a_verdict_ends_a_run_that_had_begun(acme):
    firing = make_firing(acme, NOON, verdict="failed", error="sent in vain")
    with tenant_context(acme):
        Run.objects.create(periodic_task_id=1, slot_at=NOON, trigger="schedule", closed=7)

    deliver(record_verdict, firing)

    (run,) = runs_of(acme)
    assert (run.state, run.error, run.closed) == ("failed", "sent in vain", 7)


def test_a_verdict_outlives_its_schedule(acme, missed):
    with tenant_context(acme):
        PeriodicTask.objects.all().delete()

    deliver(record_verdict, missed)

    assert [run.name for run in runs_of(acme)] == [missed.task]


def test_no_body_runs_for_a_verdict(acme):
    firing = plan(acme, sample_tasks.single)
    type(firing).objects.filter(pk=firing.pk).update(verdict="skipped")

    assert "sample.single" in refused(sample_tasks.single, firing, acme)

    assert orders_of(acme) == set()


def test_the_task_of_verdicts_writes_nothing_for_another_firing(acme):
    refused(record_verdict, plan(acme, sample_tasks.single), acme)

    assert runs_of(acme) == []


def test_a_suspended_tenants_runs_say_what_it_missed(acme, missed):
    type(acme).objects.filter(pk=acme.pk).update(state="suspended")

    deliver(record_verdict, missed)

    assert [run.state for run in runs_of(acme)] == ["missed"]


@pytest.mark.parametrize("state", ["provisioning", "failed"])
def test_a_verdict_of_a_tenant_that_is_not_built_is_in_the_ledger_alone(acme, missed, state):
    type(acme).objects.filter(pk=acme.pk).update(state=state)

    deliver(record_verdict, missed)

    missed.refresh_from_db()
    assert (missed.state, missed.outcome, missed.error) == ("settled", "missed", REASON)
    assert runs_of(acme) == []


def test_a_verdict_of_the_platform_is_in_the_ledger_alone(platform_tenant):
    """As of a task that no worker knows any more; the platform has no runs."""
    firing = make_firing(platform_tenant, NOON, task="gone", verdict="failed", error="in vain")

    deliver(record_verdict, firing)

    firing.refresh_from_db()
    assert (firing.state, firing.outcome, firing.error) == ("settled", "failed", "in vain")
    assert not TenantIndex.objects.filter(tenant=platform_tenant, halts__gt=0).exists()


def test_a_verdict_whose_writing_workers_die_of_is_in_the_ledger_alone(acme, missed):
    type(missed).objects.filter(pk=missed.pk).update(attempts=ledger.ATTEMPTS_MAXIMUM)

    deliver(record_verdict, missed)

    missed.refresh_from_db()
    assert (missed.state, missed.outcome) == ("settled", "missed")
    assert runs_of(acme) == []
