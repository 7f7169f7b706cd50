"""How long a tenant's pages of orders take with a million of them.

`python -m bench.order_list [ORDERS] [ROUNDS]`: Django's test client logs in and opens each, in this
process and in the tenant's role; what a browser and the wires add is not in it.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from typing import Any

from bench import environment  # noqa: F401  # isort: skip  # before anything asks for settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django_tenants.utils import tenant_context

from bench.registry import Benchmark, Row
from tenants import provisioning
from tenants.accounts.models import User
from tenants.models import Tenant
from tenants.postgresql.base import owner_rights
from tenants.schema import enter_public_schema

ORDERS, ROUNDS = 1_000_000, 20

#: Ten years, one in a hundred cancelled, one in twenty open, the others fulfilled or closed by runs.
FILL = """
INSERT INTO orders_order (number, customer, placed_at, total, currency, status, status_changed_at,
    closed_at, closed_by_run)
SELECT 'B' || n, 'Customer ' || n %% 10000, at, n %% 500, 'EUR', status, at,
    CASE WHEN status = 'closed' THEN at END, CASE WHEN status = 'closed' THEN n %% 1000 + 1 END
FROM (
    SELECT n, now() - 3650.0 * n / %(orders)s * interval '1 day' AS at,
        CASE WHEN n %% 100 = 0 THEN 'cancelled' WHEN n %% 20 = 1 THEN 'open'
            WHEN n %% 2 = 0 THEN 'fulfilled' ELSE 'closed' END AS status
    FROM generate_series(1, %(orders)s) AS n
) AS made
"""
PAGES = {
    "all": "",
    "a year": "placed_at__year=2024",
    "a day": "placed_at__year=2024&placed_at__month=5&placed_at__day=2",
    "open": "status__exact=open",
    "cancelled": "status__exact=cancelled",
    "closed by run 7": "closed_by_run__exact=7",
    "kept open (none is)": "kept_open__exact=1",
    "closable": "closable=yes",
    "totals from 499": "total_from=499",
    "totals from 500 (none is)": "total_from=500",
    "search for a number": "q=B123456",
    "search for a customer": "q=customer 77",
    "search for what is not there": "q=nothing",
    "the last page": "p=200",
    "by number": "o=1",
}


def owner_of(tenant: Tenant) -> Client:
    client = Client(HTTP_HOST=f"{tenant.slug}.localhost")
    with tenant_context(tenant):
        client.force_login(User.objects.get())
    return client


def opened(client: Client, address: str) -> float:
    """Return the milliseconds that a page takes."""
    begun = time.perf_counter()
    answer = client.get(address)
    took = (time.perf_counter() - begun) * 1000
    assert answer.status_code == 200, answer.status_code  # noqa: S101
    enter_public_schema()
    return took


def page(client: Client, name: str, query: str, rounds: int) -> Row:
    address = f"/admin/orders/order/?{query}"
    opened(client, address)
    took = sorted(opened(client, address) for _ in range(rounds))
    return {
        "page": name,
        "median_ms": round(statistics.median(took), 1),
        "p95_ms": round(took[int(0.95 * (rounds - 1))], 1),
    }


def measure(orders: int = ORDERS, rounds: int = ROUNDS) -> list[dict[str, Any]]:
    tenant = provisioning.provision(
        provisioning.Order(slug="pages", name="B", owner_email="owner@pages.test")
    ).tenant
    with owner_rights(), tenant_context(tenant), connection.cursor() as cursor:
        cursor.execute(FILL, {"orders": orders})
        cursor.execute("VACUUM ANALYZE orders_order")
    client = owner_of(tenant)
    return [page(client, name, query, rounds) for name, query in PAGES.items()]


def run(is_full: bool) -> list[Row]:
    return measure()


BENCHMARK = Benchmark(
    name="order_list",
    title="The list of a million orders",
    measured=(
        "One tenant's list, as it is narrowed and searched; in one process, without browser and wires."
    ),
    run=run,
    columns={"page": "list", "median_ms": "median, ms", "p95_ms": "p95, ms"},
)


def main() -> None:
    call_command("migrate_schemas", verbosity=0)
    print(json.dumps(measure(*map(int, sys.argv[1:])), indent=2))


if __name__ == "__main__":
    main()
