"""The shipped sample, as the demo imports it."""

import csv
from datetime import date, datetime, timedelta

import pytest

from demo.sample import write_order_file
from demo.tenants import TENANTS

TODAY = date(2026, 11, 22)


def orders(path, country: str) -> list[dict[str, str]]:
    write_order_file(path, country, TODAY)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def placed_on(row: dict[str, str]) -> date:
    return datetime.fromisoformat(row["placed_at"]).date()


def test_the_last_order_of_all_was_placed_yesterday(tmp_path):
    files = [orders(tmp_path / f"{tenant.slug}.csv", tenant.country) for tenant in TENANTS]

    assert max(placed_on(row) for rows in files for row in rows) == TODAY - timedelta(days=1)


@pytest.mark.parametrize("tenant", TENANTS, ids=lambda tenant: tenant.slug)
def test_every_tenant_has_old_orders_and_young_ones(tenant, tmp_path):
    limit = TODAY - timedelta(days=tenant.days)

    rows = [
        row for row in orders(tmp_path / "orders.csv", tenant.country) if row["cancelled"] == "0"
    ]

    assert [row for row in rows if placed_on(row) < limit]
    assert [row for row in rows if placed_on(row) > limit]


def test_a_country_gets_its_own_orders_once(tmp_path):
    germany = {row["number"] for row in orders(tmp_path / "germany.csv", "Germany")}
    france = {row["number"] for row in orders(tmp_path / "france.csv", "France")}

    assert len(germany) == 284
    assert len(france) == 268
    assert not germany & france


def test_times_of_day_stay(tmp_path):
    first = orders(tmp_path / "germany.csv", "Germany")[0]

    assert (first["number"], first["placed_at"][11:]) == ("C536548", "14:33:00")
