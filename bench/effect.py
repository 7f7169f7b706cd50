"""How long a page waits for what a schedule would do, with a million orders of one tenant.

`python -m bench.effect [ORDERS] [ROUNDS]`: the preview of now and of the last 30 days, for orders that
lie differently, and with all that the tenant's rules can ask for.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from bench import environment  # noqa: F401  # isort: skip  # before anything asks for settings
from django.core.management import call_command
from django.db import connection
from django_tenants.utils import tenant_context

from bench.registry import Benchmark, Row
from orders.effect import ClosingPreview
from orders.models import ClosingRules, Holiday
from scheduling.agenda.clock import database_now
from tenants import provisioning
from tenants.models import Tenant
from tenants.postgresql.base import owner_rights

ORDERS, ROUNDS = 1_000_000, 5
AGE = {"days": 30}

#: How the orders lie: an order's age in days of the n-th of so many, and its status.
SHAPES = {
    "three years, one in ten open": ("1095.0 * n / %(orders)s", "n %% 10 = 0"),
    "all open and old enough": ("31 + 1000.0 * n / %(orders)s", "true"),
    "one month, all open": ("30 + 30.0 * n / %(orders)s", "true"),
    "one month, none open": ("30 + 30.0 * n / %(orders)s", "false"),
}
FILL = """
TRUNCATE orders_order RESTART IDENTITY;
INSERT INTO orders_order (number, customer, placed_at, total, currency, status, status_changed_at)
SELECT 'B' || n, 'Customer ' || n %% 1000, now() - ({age}) * interval '1 day', n %% 500, 'EUR',
    CASE WHEN {is_open} THEN 'open' ELSE 'fulfilled' END, now() - ({age}) * interval '1 day'
FROM generate_series(1, %(orders)s) AS n
"""


def fill(tenant: Tenant, shape: str, orders: int) -> None:
    age, is_open = SHAPES[shape]
    with owner_rights(), tenant_context(tenant), connection.cursor() as cursor:
        cursor.execute(FILL.format(age=age, is_open=is_open), {"orders": orders})
        cursor.execute("VACUUM ANALYZE orders_order")


def make_rules() -> None:
    """Store rules that ask for all there is: both statuses, totals, customers and holidays."""
    names = "\n".join(f"customer {n}" for n in range(200))
    ClosingRules(
        pk=1,
        closes_fulfilled=True,
        least_total=10,
        greatest_total=400,
        currency="EUR",
        never_closed=names,
    ).save()
    for ago in (3, 4, 40):
        Holiday.objects.get_or_create(day=database_now().date() - timedelta(days=ago))


def milliseconds(ask: Callable[[], object], rounds: int) -> float:
    ask()
    took = []
    for _ in range(rounds):
        begun = time.perf_counter()
        ask()
        took.append((time.perf_counter() - begun) * 1000)
    return round(statistics.median(took), 1)


def measure(orders: int = ORDERS, rounds: int = ROUNDS) -> list[dict[str, Any]]:
    """Return the milliseconds of both questions for each shape, without rules and with them."""
    tenant = provisioning.provision(provisioning.Order(slug="effect", name="B")).tenant
    preview, found = ClosingPreview(), []
    for shape in SHAPES:
        fill(tenant, shape, orders)
        with tenant_context(tenant):
            for rules in ("none", "all"):
                ClosingRules.objects.all().delete()
                if rules == "all":
                    make_rules()
                at = database_now()
                now = milliseconds(lambda at=at: preview.now(AGE, at), rounds)  # type: ignore[misc]
                days = milliseconds(lambda at=at: preview.days(AGE, at), rounds)  # type: ignore[misc]
                row = {"shape": shape, "rules": rules, "now_ms": now, "days_ms": days}
                found.append(row | {"both_ms": round(now + days, 1), "orders": orders})
    return found


def run(is_full: bool) -> list[Row]:
    return measure()


BENCHMARK = Benchmark(
    name="effect",
    title="What a schedule would do, before it is saved",
    measured=(
        "The two questions of the page: what would be closed now, and on each of the last 30 days; medians. "
        "At most 20,000 orders of a status are looked at for the first and 5,000 of each day for the second."
    ),
    run=run,
    columns={
        "shape": "orders",
        "orders": "how many",
        "rules": "rules",
        "now_ms": "now, ms",
        "days_ms": "30 days, ms",
        "both_ms": "both, ms",
    },
)


def main() -> None:
    call_command("migrate_schemas", verbosity=0)
    print(json.dumps(measure(*map(int, sys.argv[1:])), indent=2))


if __name__ == "__main__":
    main()
