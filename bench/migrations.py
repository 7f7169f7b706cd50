"""What `migrate_schemas` takes when all tenants are up to date, beside django-tenants' own."""

from __future__ import annotations

import statistics
import sys
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

from bench import environment  # noqa: F401  # isort: skip  # before anything asks for settings
from django.core.management import call_command
from django_tenants.management.commands.migrate_schemas import MigrateSchemasCommand
from django_tenants.migration_executors.standard import StandardExecutor

from bench.measuring import seconds
from bench.registry import Benchmark, Row
from tenants.batches import provision_all
from tenants.models import Tenant
from tenants.postgresql.base import owner_rights
from tenants.roster import Line
from tenants.side_by_side import workers_at_most

ROUNDS = 5
TENANTS = 1000
STOCK_TENANTS = 40


def ensure_tenants(number: int) -> list[str]:
    """Return the schemas of so many tenants, all of which are up to date."""
    call_command("migrate_schemas", verbosity=0)
    missing = number - Tenant.objects.active().customers().count()
    lines = [Line(n, f"up-to-date-{n}", "U", "UTC", "") for n in range(missing)]
    report = provision_all(lines, workers_at_most())
    assert not report.failed, report.failed[0]  # noqa: S101
    tenants = Tenant.objects.active().customers().order_by("pk")
    return list(tenants.values_list("schema_name", flat=True)[:number])


def migrate_by_stock(schema_names: list[str]) -> None:
    """Do what django-tenants' command does for these tenants."""
    parser = MigrateSchemasCommand().create_parser("manage.py", "migrate_schemas")
    options = vars(parser.parse_args(["--noinput", "--verbosity=0"]))
    with owner_rights(), redirect_stdout(StringIO()):
        StandardExecutor((), options).run_migrations(list(schema_names))


def migrate_by_ours() -> None:
    call_command("migrate_schemas", verbosity=0)


def measure(
    number: int = TENANTS, stock_number: int = STOCK_TENANTS, rounds: int = ROUNDS
) -> dict[str, Any]:
    """Return seconds of both: ours over `number` tenants, stock over `stock_number` of them."""
    names = ensure_tenants(number)
    ours, stock = list[float](), list[float]()
    for round_number in range(rounds):
        turns = [
            (ours, migrate_by_ours),
            (stock, lambda: migrate_by_stock(names[:stock_number])),
        ]
        for times, work in turns if round_number % 2 else turns[::-1]:
            times.append(seconds(work))
    pairs = zip(stock, ours, strict=True)
    per_tenant = [(a / stock_number) / (b / number) for a, b in pairs]
    return {
        "tenants": number,
        "ours_seconds": statistics.median(ours),
        "stock_tenants": stock_number,
        "stock_seconds": statistics.median(stock),
        "times_faster_per_tenant": statistics.median(per_tenant),
        "rounds": rounds,
    }


def run(is_full: bool) -> list[Row]:
    return [measure()]


BENCHMARK = Benchmark(
    name="migrations",
    title="Migrating tenants that are up to date",
    measured="`migrate_schemas`, ours in turns with django-tenants' own, which is given fewer tenants.",
    run=run,
    columns={
        "tenants": "tenants",
        "ours_seconds": "ours, s",
        "stock_tenants": "stock's tenants",
        "stock_seconds": "stock, s",
        "times_faster_per_tenant": "times faster per tenant",
    },
)


def main() -> None:
    found = measure(*map(int, sys.argv[1:]))
    print(
        f"ours, {found['tenants']} tenants: {found['ours_seconds']:.2f} s; "
        f"stock, {found['stock_tenants']} tenants: {found['stock_seconds']:.2f} s; "
        f"{found['times_faster_per_tenant']:.0f} times faster per tenant "
        f"(median of {found['rounds']})"
    )


if __name__ == "__main__":
    main()
