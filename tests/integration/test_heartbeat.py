"""A run that takes its time, with a real worker: it is not taken for lost while the worker lives."""

from __future__ import annotations

import time

import pytest

from tests.integration.rows import insert_every

pytestmark = pytest.mark.integration

LEASE = """
    SELECT leased_until, attempts FROM agenda_firing
    JOIN tenants_tenant ON tenants_tenant.id = tenant_id WHERE slug = %s AND agenda_firing.state = 'started'
"""
OLD_ORDER = """
    INSERT INTO orders_order
        (number, customer, placed_at, total, currency, status, status_changed_at)
    VALUES ('1', '', now() - interval '1 year', 1, 'EUR', 'open', now())
"""
#: An order that takes longer to close than two heartbeats are apart.
SLOW = """
    CREATE FUNCTION take_time() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_sleep(12); RETURN NEW; END $$;
    CREATE TRIGGER take_time BEFORE UPDATE ON orders_order
        FOR EACH ROW EXECUTE FUNCTION take_time();
"""


def test_the_lease_of_a_long_run_is_extended_until_it_ends(stack):
    slug = f"slow-{time.monotonic_ns()}"
    schema = stack.provision(slug)["schema_name"]
    stack.sql(OLD_ORDER, schema=schema)
    stack.sql(SLOW, schema=schema)
    insert_every(stack, schema, "once", 1, one_off=True)
    ((begun, _),) = stack.wait_until(lambda: stack.sql(LEASE, slug), 20, "the run to begin")

    ((extended, attempts),) = stack.wait_until(
        lambda: [row for row in stack.sql(LEASE, slug) if row[0] > begun], 9, "a heartbeat"
    )

    assert attempts == 1
    assert 0 < (extended - begun).total_seconds() <= 9
    stack.wait_until(lambda: [s for _, s in stack.runs(slug)] == ["succeeded"], 30, "its end")
