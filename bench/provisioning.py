"""What it takes to make a tenant: by the blueprint, and by django-tenants' own way.

Stock is a Tenant that is saved with `auto_create_schema`: the row and all migrations, with no role,
right, owner or schedule. Ours is `provision_tenants`' whole work, per line of one of its batches.
"""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
import time
from itertools import count
from pathlib import Path
from typing import Any

from bench import environment  # noqa: F401  # isort: skip  # before anything asks for settings
from django.core.management import call_command
from django.db import connection

from bench.measuring import compare
from bench.registry import Benchmark, Row
from tenants.batches import BATCH, provision_batch
from tenants.models import Tenant
from tenants.postgresql.base import owner_rights
from tenants.roster import Line
from tenants.side_by_side import workers_at_most

ROUNDS = 5
MANY = 1000


class StockTenant(Tenant):
    """Made as django-tenants makes one."""

    auto_create_schema = True

    class Meta:
        proxy = True
        app_label = "tenants"


_numbers = count()


def make_stock() -> None:
    """Save a tenant, whose schema is then migrated."""
    number = next(_numbers)
    with owner_rights():
        StockTenant(slug=f"stock{number}", schema_name=f"t_stock{number}", name="S").save(
            verbosity=0
        )


def make_ours() -> None:
    """Make a batch of them with roles, rights, triggers, owners and default schedules."""
    numbers = [next(_numbers) for _ in range(BATCH)]
    report = provision_batch([Line(number, f"ours{number}", "O", "UTC", "") for number in numbers])
    assert report.created == BATCH, report.failed  # noqa: S101


def make_many(number: int) -> dict[str, Any]:
    """Run `provision_tenants` as people do, process start included."""
    prefix = f"many{next(_numbers)}"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tenants.csv"
        with path.open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["slug", "name"])
            rows.writerows([f"{prefix}-{n}", "Many"] for n in range(number))
        begun = time.perf_counter()
        subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "manage.py", "provision_tenants", str(path), "--json"],
            check=True,
            capture_output=True,
        )
        took = time.perf_counter() - begun
    made = Tenant.objects.active().filter(slug__startswith=f"{prefix}-").count()
    assert made == number, made  # noqa: S101
    return {"tenants": number, "seconds": took, "processes": workers_at_most()}


def measure(many: int = MANY, rounds: int = ROUNDS) -> dict[str, Any]:
    """Return times of both ways, how many times faster ours is, and what `many` take together."""
    call_command("migrate_schemas", verbosity=0)
    cost = compare(make_stock, make_ours, rounds)
    relations, rows = size_of_a_tenant()
    return {
        "stock_ms": cost.first_ms,
        "ours_ms": cost.second_ms / BATCH,
        "times_faster": cost.ratio * BATCH,
        "rounds": rounds,
        "relations": relations,
        "rows": rows,
        "many": make_many(many),
    }


def size_of_a_tenant() -> tuple[int, int]:
    """Return how many relations a tenant has, and how many rows of migrations, types and rights."""
    schema_name = Tenant.objects.active().customers().latest("pk").schema_name
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_class WHERE relnamespace = %s::regnamespace", [schema_name]
        )
        relations = cursor.fetchone()[0]
        cursor.execute(
            f'SELECT (SELECT count(*) FROM "{schema_name}".django_migrations)'  # noqa: S608
            f' + (SELECT count(*) FROM "{schema_name}".django_content_type)'
            f' + (SELECT count(*) FROM "{schema_name}".auth_permission)'
        )
        return relations, cursor.fetchone()[0]


def run(is_full: bool) -> list[Row]:
    found = measure()
    many = found.pop("many")
    return [found | {"many": many["tenants"], "seconds": many["seconds"]}]


BENCHMARK = Benchmark(
    name="provisioning",
    title="Making a tenant",
    measured=(
        "All of a tenant from the blueprint, in the batches of `provision_tenants`, in turns with django-tenants' "
        "own creation of the schema alone; then many by `provision_tenants`. Postgres keeps its files in memory: "
        "a tenant has hundreds of small ones, and what a disk takes to make them is the same for both."
    ),
    run=run,
    columns={
        "stock_ms": "stock, ms",
        "ours_ms": "ours, ms",
        "times_faster": "times faster",
        "many": "by `provision_tenants`",
        "seconds": "seconds",
    },
)


def main() -> None:
    found = measure(int(sys.argv[1]) if sys.argv[1:] else MANY)
    many = found["many"]
    print(
        f"one tenant: stock {found['stock_ms']:.0f} ms, ours {found['ours_ms']:.0f} ms, "
        f"{found['times_faster']:.1f} times faster (median of {found['rounds']})\n"
        f"{many['tenants']} tenants by provision_tenants: {many['seconds']:.1f} s "
        f"in {many['processes']} processes"
    )


if __name__ == "__main__":
    main()
