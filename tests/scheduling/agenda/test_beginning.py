"""Beginning a firing in one statement: only when nothing whatever speaks against it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from scheduling.agenda import beginning
from scheduling.agenda.beginning import begin_at_once
from scheduling.agenda.clock import database_now
from scheduling.agenda.ledger import LEASE
from scheduling.agenda.models import Firing, TenantIndex
from tests.scheduling import sample_tasks
from tests.scheduling.builders import CLOSING, make_firing, make_periodic_task
from tests.scheduling.delivery import deliver, orders_of, runs_of

MINUTE = timedelta(minutes=1)


@pytest.fixture
def firing(acme):
    """A firing of acme's of a minute ago, on its way."""
    return make_firing(acme, database_now() - MINUTE, state="published", publications=1)


def begin(firing, task=CLOSING, schema_name=None):
    return begin_at_once(str(firing.pk), task, schema_name or firing.tenant.schema_name, LEASE)


def untouched(firing):
    firing.refresh_from_db()
    return (firing.state, firing.attempts, firing.leased_until) == ("published", 0, None)


def test_a_firing_is_begun_under_a_lease_with_its_tenant_as_it_is_now(firing, acme):
    begun = begin(firing)

    stored = Firing.objects.get(pk=firing.pk)
    assert (stored.state, stored.attempts) == ("started", 1)
    assert stored.leased_until > database_now()
    assert [getattr(begun, name) for name in beginning.FIRING_COLUMNS] == [
        getattr(stored, name) for name in beginning.FIRING_COLUMNS
    ]
    assert (begun.tenant, begun.tenant.timezone) == (acme, acme.timezone)
    assert getattr(begun.tenant, "index", None) is None


def test_a_firing_that_is_begun_is_not_begun_by_another(firing):
    assert begin(firing)

    assert begin(firing) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "settled"},
        {"waits": True},
        {"verdict": "missed"},
        {"publish_at": "2100-01-01T00:00Z"},
        {"leased_until": "2100-01-01T00:00Z"},
        {"task": "another.task"},
    ],
    ids=str,
)
def test_a_firing_that_may_not_run_now_is_left_alone(firing, fields):
    Firing.objects.filter(pk=firing.pk).update(**fields)

    assert begin(firing) is None
    assert Firing.objects.get(pk=firing.pk).attempts == 0


@pytest.mark.parametrize("state", ["suspended", "deleting", "archived", "failed", "provisioning"])
def test_no_firing_of_a_tenant_that_is_not_active_is_begun(firing, acme, state):
    begin(make_firing(acme, database_now() - 2 * MINUTE))
    type(acme).objects.filter(pk=acme.pk).update(state=state)

    assert begin(firing) is None
    assert untouched(firing)


def test_no_firing_is_begun_in_a_schema_that_is_not_its_tenants(firing, globex):
    assert begin(firing, schema_name=globex.schema_name) is None
    assert begin(firing, schema_name="public") is None
    assert untouched(firing)


@pytest.mark.parametrize("fields", [{"trouble": "no table"}, {"halted_until": "2000-01-01T00:00Z"}])
def test_a_tenant_in_trouble_is_tried_with_care(firing, acme, fields):
    TenantIndex.objects.update_or_create(tenant=acme, defaults=fields)

    assert begin(firing) is None
    assert untouched(firing)


def test_what_is_no_id_begins_nothing(acme):
    assert begin_at_once("no id", CLOSING, acme.schema_name, LEASE) is None
    assert begin_at_once(None, CLOSING, acme.schema_name, LEASE) is None


def test_a_firing_of_long_ago_is_found_step_by_step(acme):
    with tenant_context(acme):
        row = make_periodic_task(task="sample.single")
    old = make_firing(acme, database_now() - 1000 * MINUTE, row.pk, task="sample.single")
    assert begin(old, task="sample.single") is None

    deliver(sample_tasks.single, old)

    assert [run.state for run in runs_of(acme)] == ["succeeded"]


def test_a_run_of_one_step_costs_five_statements_beside_the_bodys_own(acme):
    with tenant_context(acme):
        row = make_periodic_task(task="sample.single")
    firing = make_firing(acme, database_now() - MINUTE, row.pk, task="sample.single")

    with CaptureQueriesContext(connection) as captured:
        deliver(sample_tasks.single, firing)

    bodys = ("SAVEPOINT", "orders_order", "audit_entry")
    asked = [query["sql"] for query in captured if not any(word in query["sql"] for word in bodys)]
    assert len(orders_of(acme)) == 1
    begin, look, write, end, settle = asked
    assert "UPDATE agenda_firing" in begin
    assert "UPDATE agenda_firing" in settle
    assert "current_schemas" in look
    assert "INSERT INTO scheduling_run" in write
    assert "UPDATE scheduling_run" in end
