"""Messages that no tenant code runs for."""

import pytest
from celery.exceptions import Reject
from django.db import OperationalError
from django_tenants.utils import schema_context, tenant_context

from scheduling.agenda.ledger import Refused
from scheduling.agenda.signature import sign
from scheduling.running import perform
from tenants.postgresql.base import DatabaseWrapper
from tests.conftest import NOON
from tests.scheduling import sample_tasks
from tests.scheduling.builders import make_firing
from tests.scheduling.delivery import deliver, orders_of, plan, refused, runs_of


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
    assert [run.state for run in runs_of(acme)] == ["suspended"]


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

    with tenant_context(acme), pytest.raises(Refused, match=globex.schema_name):
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
    ids=["none", "of another message", "of another task"],
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


def test_a_platform_task_in_the_tenants_queue_waits_for_the_platforms_worker(
    platform_tenant, settings
):
    """A tenants' worker lacks the rights for it, and would settle it as failed."""
    firing = make_firing(platform_tenant, NOON, task="sample.housekeeping")
    settings.PROCESS = "worker"

    refused(sample_tasks.housekeeping, firing, platform_tenant)

    firing.refresh_from_db()
    assert not firing.is_settled
