"""One tenant with very many orders, runs and audit entries, for its pages to be measured."""

from __future__ import annotations

from typing import NamedTuple

from django.db import connection
from django_celery_beat.models import PeriodicTask
from django_tenants.utils import tenant_context

from orders.tasks import auto_close_old_orders
from scheduling.models import Run
from tenants import provisioning
from tenants.models import Tenant
from tenants.postgresql.base import owner_rights

CLOSING = auto_close_old_orders.name
#: So many orders were closed by each run, so many runs went well between two that failed.
ORDERS_PER_RUN, FAILED_EVERY = 7, 50

#: Three years of orders: one in ten is open, as many are fulfilled and cancelled, the others closed.
ORDERS = """
INSERT INTO orders_order (number, customer, placed_at, total, currency, status, status_changed_at,
    closed_at, closed_by_run)
SELECT 'B' || n, 'Customer ' || n %% 1000, placed_at, n %% 500, 'EUR', status, placed_at + month,
    CASE WHEN status = 'closed' THEN placed_at + month END,
    CASE WHEN status = 'closed' THEN 1 + (n - 1)::bigint * %(runs)s / %(orders)s END
FROM generate_series(1, %(orders)s) AS n, LATERAL (
    SELECT now() - (1095.0 * (%(orders)s - n) / %(orders)s) * interval '1 day' AS placed_at,
        interval '30 days' AS month,
        (ARRAY['open', 'fulfilled', 'cancelled'])[n %% 10 + 1] AS special
) AS made, LATERAL (SELECT coalesce(special, 'closed') AS status) AS had
"""
#: A run in every minute up to now, the newest with the greatest number.
RUNS = """
INSERT INTO scheduling_run (periodic_task_id, name, task, parameters, slot_at, state, trigger,
    started_at, finished_at, examined, closed, error)
SELECT %(schedule)s, 'Close old orders', %(task)s, '{"days": 30}', slot_at,
    CASE WHEN n %% %(failed_every)s = 0 THEN 'failed' ELSE 'succeeded' END, 'schedule',
    slot_at, slot_at + interval '2 seconds', %(per_run)s, %(per_run)s,
    CASE WHEN n %% %(failed_every)s = 0 THEN 'ValueError: the sum is missing' ELSE '' END
FROM generate_series(1, %(runs)s) AS n, LATERAL (
    SELECT date_trunc('minute', now()) - (%(runs)s - n) * interval '1 minute' AS slot_at
) AS made
"""
ENTRIES = """
INSERT INTO audit_entry (at, actor, via, action, model, object_pk, object_repr, changes)
SELECT now() - n * interval '1 minute', 'owner', 'page', 'update', 'orders.order', n::text, 'B' || n,
    '{"status": ["open", "closed"]}'
FROM generate_series(1, %(runs)s) AS n
"""
FILLED = {"orders_order": ORDERS, "scheduling_run": RUNS, "audit_entry": ENTRIES}


class Rows(NamedTuple):
    """What there is, by which pages are addressed."""

    tenant: Tenant
    orders: int
    runs: int
    schedule: int
    #: A run that is going on.
    running: int


def make_rows(orders: int, runs: int, password: str) -> Rows:
    wanted = provisioning.Order(slug="pages", name="B", owner_email="owner@pages.test")
    tenant = provisioning.provision(wanted, password).tenant
    with owner_rights(), tenant_context(tenant), connection.cursor() as cursor:
        schedule = PeriodicTask.objects.get(task=CLOSING).pk
        given = {"orders": orders, "runs": runs, "schedule": schedule, "task": CLOSING}
        given |= {"failed_every": FAILED_EVERY, "per_run": ORDERS_PER_RUN}
        for table, statement in FILLED.items():
            cursor.execute(f"TRUNCATE {table} RESTART IDENTITY")
            cursor.execute(statement, given)
            cursor.execute(f"VACUUM ANALYZE {table}")
        newest = Run.objects.latest("slot_at")
        going = {"name": newest.name, "task": CLOSING, "parameters": {"days": 30}}
        going |= {"state": "running", "trigger": "schedule", "started_at": newest.started_at}
        running = Run.objects.create(periodic_task_id=0, slot_at=newest.slot_at, **going)
    return Rows(tenant, orders, runs, schedule, running.pk)
