"""How long the pages of a tenant's admin take, and how many queries, with very many rows.

`python -m bench.pages [ORDERS] [RUNS] [REQUESTS]`: requests of Django's test client, in one process.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from bench import environment  # noqa: F401  # isort: skip  # before anything asks for settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench.page_list import Page, pages
from bench.page_rows import make_rows
from bench.registry import Benchmark, Row
from bench.work import PASSWORD, logged_in
from tenants.schema import enter_public_schema

ORDERS, RUNS, REQUESTS = 1_000_000, 100_000, 40
#: Before those that count, so that templates and plans are there as in a process that is at work.
WARMING = 2


def measure(orders: int = ORDERS, runs: int = RUNS, requests: int = REQUESTS) -> list[Row]:
    """Return for each page its queries and, in milliseconds, the median and the 95th percentile."""
    rows = make_rows(orders, runs, PASSWORD)
    client = logged_in(rows.tenant)
    found = [measure_page(client, page, requests) for page in pages(rows)]
    return [{"orders": orders, "runs": runs, **row} for row in found]


def measure_page(client: Client, page: Page, requests: int) -> Row:
    for n in range(WARMING):
        ask(client, page, n)
    with CaptureQueriesContext(connection) as queries:
        ask(client, page, WARMING)
        # The next request forgets them.
        number = len(queries)
    took = sorted(ask(client, page, WARMING + 1 + n) for n in range(requests))
    return {
        "page": page.name,
        "queries": number,
        "p50_ms": round(took[len(took) // 2], 1),
        "p95_ms": round(took[int(len(took) * 0.95)], 1),
    }


def ask(client: Client, page: Page, n: int) -> float:
    """Return the milliseconds that one request takes."""
    if page.before:
        page.before()
    address = f"/admin/{page.address(n)}"
    begun = time.perf_counter()
    answer: Any = client.post(address, page.sent) if page.sent else client.get(address)
    took = (time.perf_counter() - begun) * 1000
    # The client leaves the connection in the tenant's schema, a server's process does not.
    enter_public_schema()
    assert answer.status_code == 200, (address, answer.status_code)  # noqa: S101
    return took


def run(is_full: bool) -> list[Row]:
    return measure()


BENCHMARK = Benchmark(
    name="pages",
    title="Pages of a tenant's admin",
    measured=(
        "Each page forty times by Django's test client in one process, for other rows where there are any: its "
        "queries, the median and the 95th percentile. The tenant has a million orders, 100,000 runs, of which "
        "43,200 of the last 30 days, and 100,000 audit entries."
    ),
    run=run,
    columns={
        "page": "page",
        "queries": "queries",
        "p50_ms": "median, ms",
        "p95_ms": "p95, ms",
    },
)


def main() -> None:
    call_command("migrate_schemas", verbosity=0)
    print(json.dumps(measure(*map(int, sys.argv[1:])), indent=2))


if __name__ == "__main__":
    main()
