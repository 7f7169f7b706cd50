"""Tenants in many zones, fed with orders that are old enough to be closed."""

from __future__ import annotations

import csv
from itertools import cycle, islice

from tests.chaos.product import Product

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
    "America/St_Johns",
    "UTC",
)


def make_tenants(product: Product, count: int) -> list[str]:
    """Provision tenants and return their schemas; the schedules they were given are taken away."""
    file = product.folder / "tenants.csv"
    with open(file, "w", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(["slug", "name", "timezone"])
        for number, zone in enumerate(islice(cycle(ZONES), count), start=1):
            writer.writerow([f"tenant-{number}", f"Tenant {number}", zone])
    assert product.answer("provision_tenants", str(file))["created"] == count
    found = "SELECT schema_name FROM tenants_tenant WHERE slug LIKE 'tenant-%' ORDER BY id"
    schemas = [schema for (schema,) in product.witness(found)]
    for schema in schemas:
        product.witness(f'DELETE FROM "{schema}".django_celery_beat_periodictask')
    return schemas


FEED = """
DO $$ DECLARE at_schema text; BEGIN
    FOREACH at_schema IN ARRAY '{{{schemas}}}'::text[] LOOP
        EXECUTE format('INSERT INTO %I.orders_order
            (number, customer, placed_at, total, currency, status, status_changed_at)
            SELECT %L || nextval(''chaos.number''), '''', now() - interval ''40 days'', 1, ''EUR'',
                ''open'', now() FROM generate_series(1, {count})', at_schema, at_schema || '/{sort}-');
    END LOOP;
END $$
"""


def feed(product: Product, schemas: list[str], count: int, sort: str) -> None:
    """Give each of these tenants orders that are old enough to be closed, marked with its name."""
    product.witness(FEED.format(schemas=",".join(schemas), count=count, sort=sort))
