"""A run that would close unusually many is held by a real worker, and decided about on its page."""

from __future__ import annotations

import time

import pytest

from tests.integration.fleet import MAKE_ORDERS
from tests.integration.person import Person
from tests.integration.rows import insert_every
from tests.integration.stack import PASSWORD

pytestmark = pytest.mark.integration

ORDERS = 30
RUN = "SELECT id, state, closed, error FROM scheduling_run WHERE name = 'closing'"
FIRING = """
    SELECT agenda_firing.state, outcome FROM agenda_firing
    JOIN tenants_tenant ON tenants_tenant.id = tenant_id WHERE slug = %s AND task LIKE 'orders.%%'
"""
CLOSED = "SELECT count(*) FROM orders_order WHERE status = 'closed'"
BRAKE = """
    INSERT INTO scheduling_brake (periodic_task_id, rule, most)
    SELECT id, 'fixed', 10 FROM django_celery_beat_periodictask WHERE name = 'closing'
"""


@pytest.fixture
def slug(stack):
    """A tenant with a run that is held, since it would close more than ten orders."""
    slug = f"held-{time.monotonic_ns()}"
    schema = stack.provision(slug, owner_email=f"owner@{slug}.test")["schema_name"]
    stack.sql(MAKE_ORDERS, "A", ORDERS, schema=schema)
    insert_every(stack, schema, "closing", 1, one_off=True)
    stack.sql(BRAKE, schema=schema)
    stack.wait_until(lambda: run_of(stack, slug)[1] == "held", 30, "a held run")
    yield slug
    stack.manage("suspend_tenant", slug)


@pytest.fixture
def owner(stack, slug):
    person = Person(f"{slug}.localhost", stack.web_port)
    assert "Log out" in person.log_in(f"owner@{slug}.test", PASSWORD).text
    return person


def run_of(stack, slug):
    rows = stack.sql(RUN, schema=stack.schema_of(slug))
    return rows[0] if rows else (None, "", 0, "")


def decide(stack, slug, owner, decision):
    """Decide on the run's page, and wait until that has come to its end."""
    page = f"/admin/scheduling/run/{run_of(stack, slug)[0]}/approval/"
    answer = owner.submit(page, decision=decision)
    ended = lambda: stack.sql(FIRING, slug)[0][0] == "settled"  # noqa: E731
    stack.wait_until(ended, 30, "the end of the firing")
    return answer.text


def closed_in(stack, slug):
    ((closed,),) = stack.sql(CLOSED, schema=stack.schema_of(slug))
    return closed


def test_an_owner_approves_a_held_run_and_it_closes_its_orders(stack, slug, owner):
    assert closed_in(stack, slug) == 0
    assert f"It would close {ORDERS}" in owner.get("/admin/scheduling/run/").text

    assert "is approved" in decide(stack, slug, owner, "approve")

    assert run_of(stack, slug)[1:] == ("succeeded", ORDERS, "")
    assert closed_in(stack, slug) == ORDERS


def test_an_owner_dismisses_a_held_run_and_it_closes_none(stack, slug, owner):
    assert "is dismissed" in decide(stack, slug, owner, "dismiss")

    _, state, closed, error = run_of(stack, slug)
    assert (state, closed) == ("skipped", 0)
    assert f"owner@{slug}.test dismissed it" in error
    assert stack.sql(FIRING, slug) == [("settled", "skipped")]
    assert closed_in(stack, slug) == 0
