"""A run that takes its time, with a real worker: it is not taken for lost while the worker lives."""

from __future__ import annotations

import time
from contextlib import closing

import psycopg2
import pytest

from tests.integration.rows import insert_every

pytestmark = pytest.mark.integration

LEASE = """
    SELECT leased_until, attempts FROM agenda_firing
    JOIN tenants_tenant ON tenants_tenant.id = tenant_id WHERE slug = %s AND agenda_firing.state = 'started'
"""


def test_the_lease_of_a_long_run_is_extended_until_it_ends(stack):
    slug = f"slow-{time.monotonic_ns()}"
    schema = stack.provision(slug)["schema_name"]
    with closing(psycopg2.connect(stack.database_url)) as holder, holder.cursor() as cursor:
        cursor.execute(f'LOCK TABLE "{schema}".orders_order')
        insert_every(stack, schema, "once", 1, one_off=True)
        ((begun, _),) = stack.wait_until(lambda: stack.sql(LEASE, slug), 20, "the run to begin")

        ((extended, attempts),) = stack.wait_until(
            lambda: [row for row in stack.sql(LEASE, slug) if row[0] > begun], 9, "a heartbeat"
        )

    assert attempts == 1
    assert 0 < (extended - begun).total_seconds() <= 9
    stack.wait_until(lambda: [s for _, s in stack.runs(slug)] == ["succeeded"], 20, "its end")
