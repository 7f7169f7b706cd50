"""People stop a long run that a real worker is at: the tenant's owner theirs, staff any."""

from __future__ import annotations

import time

import pytest

from tests.integration.fleet import MAKE_ORDERS
from tests.integration.person import Person
from tests.integration.rows import insert_every
from tests.integration.stack import PASSWORD

pytestmark = pytest.mark.integration

ORDERS = 200_000
STAFF = "stopping@platform.test"
RUN = "SELECT id, state, closed, error FROM scheduling_run WHERE name = 'closing'"
FIRING = """
    SELECT agenda_firing.id, agenda_firing.state, outcome FROM agenda_firing
    JOIN tenants_tenant ON tenants_tenant.id = tenant_id WHERE slug = %s AND task LIKE 'orders.%%'
"""
CLOSED = "SELECT count(*) FROM orders_order WHERE status = 'closed'"


@pytest.fixture
def slug(stack):
    """A tenant with a run that takes a minute."""
    slug = f"initrode-{time.monotonic_ns()}"
    schema = stack.provision(slug, owner_email=f"owner@{slug}.test")["schema_name"]
    stack.sql(MAKE_ORDERS, "A", ORDERS, schema=schema)
    yield slug
    stack.manage("suspend_tenant", slug)


@pytest.fixture(scope="module")
def staff(stack):
    stack.environment["DJANGO_SUPERUSER_PASSWORD"] = PASSWORD
    stack.manage("createsuperuser", "--noinput", "--email", STAFF)
    person = Person("localhost", stack.web_port)
    assert "Log out" in person.log_in(STAFF, PASSWORD).text
    return person


def run_of(stack, slug):
    rows = stack.sql(RUN, schema=stack.schema_of(slug))
    return rows[0] if rows else (None, "", 0, "")


def begin(stack, slug):
    """Have the run begin; return when some of its steps are done."""
    insert_every(stack, stack.schema_of(slug), "closing", 1, one_off=True)
    stack.wait_until(lambda: run_of(stack, slug)[2] > 0, 30, "the first steps")


def assert_stopped(stack, slug, reason):
    """It ends before its next step, and what it has done stays and is counted."""
    ended = lambda: stack.sql(FIRING, slug)[0][1:] == ("settled", "cancelled")  # noqa: E731
    stack.wait_until(ended, 20, "the end of the firing")
    _, state, counted, error = run_of(stack, slug)
    ((closed,),) = stack.sql(CLOSED, schema=stack.schema_of(slug))
    assert (state, error) == ("cancelled", reason)
    assert 0 < counted == closed < ORDERS


def test_an_owner_stops_a_long_run(stack, slug):
    owner = Person(f"{slug}.localhost", stack.web_port)
    assert "Log out" in owner.log_in(f"owner@{slug}.test", PASSWORD).text
    begin(stack, slug)

    run = str(run_of(stack, slug)[0])
    page = owner.submit("/admin/scheduling/run/", action="stop", _selected_action=run)

    assert "is stopped" in page.text
    assert_stopped(stack, slug, f"Stopped by owner@{slug}.test.")


def test_staff_stop_a_long_run(stack, slug, staff):
    begin(stack, slug)

    firing = str(stack.sql(FIRING, slug)[0][0])
    page = staff.submit("/admin/agenda/firing/", action="stop", _selected_action=firing)

    assert "ends before its next step" in page.text
    assert_stopped(stack, slug, "Stopped by the platform's staff.")
