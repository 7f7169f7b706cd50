"""Many tenants as beat sees them: rows and due slots, with no schema behind them."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

#: Of the names of tenants that are rows and nothing else.
PREFIX = "row"

TENANTS = """
INSERT INTO tenants_tenant (schema_name, slug, name, timezone, currency, state, state_reason,
    sessions_epoch, owner_email, created_at)
SELECT format('t_%%s_%%s', %(prefix)s::text, n), format('%%s-%%s', %(prefix)s::text, n), 'Bench', 'UTC', 'EUR',
    'active', '', 0, '', clock_timestamp()
FROM generate_series(0, %(count)s - 1) AS n
ON CONFLICT DO NOTHING
"""
#: Every slot has a cadence of its own, an interval, and so its own instant within it.
SLOTS = """
INSERT INTO agenda_dueslot (tenant_id, periodic_task_id, name, task, queue, cadence, chosen,
    one_off, fingerprint, due_at, problem)
SELECT tenant.id, n, 'bench', 'orders.tasks.auto_close_old_orders', 'celery',
    jsonb_build_object('kind', 'interval', 'every_microseconds', %(every)s * 1000000::bigint,
        'anchor_at', to_char(slot.due_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')),
    '{}', false, '', slot.due_at, ''
FROM generate_series(1, %(count)s) AS n
JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS number FROM tenants_tenant
    WHERE slug LIKE %(prefix)s || '-%%') AS tenant ON tenant.number = n %% %(tenants)s
CROSS JOIN LATERAL (
    SELECT %(since)s + make_interval(secs => %(every)s * random()) AS due_at WHERE n > 0
) AS slot
"""


def make_tenant_rows(count: int, prefix: str = PREFIX) -> None:
    """Make `count` active tenants without a schema, which nobody is told to reindex."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tenants_tenant DISABLE TRIGGER agenda_mark_tenant")
        cursor.execute(TENANTS, {"prefix": prefix, "count": count})
        cursor.execute("ALTER TABLE tenants_tenant ENABLE TRIGGER agenda_mark_tenant")


def spread_slots(
    count: int, tenants: int, every: int, since: datetime, prefix: str = PREFIX
) -> None:
    """Make `count` slots of these tenants that recur every so many seconds, spread evenly over that."""
    values: dict[str, Any] = {
        "count": count,
        "tenants": tenants,
        "every": every,
        "since": since,
        "prefix": prefix,
    }
    with connection.cursor() as cursor:
        cursor.execute(SLOTS, values)
        cursor.execute("ANALYZE agenda_dueslot")
