"""The main job with real processes: two countries, real orders, cadences set by their own admins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.integration import retail
from tests.integration.person import FormReader, Person
from tests.integration.stack import PASSWORD
from tests.retail_data import lines_of

pytestmark = pytest.mark.integration

SECOND = timedelta(seconds=1)
CLOSING = "orders.tasks.auto_close_old_orders"


@dataclass
class Country:
    slug: str
    zone: str
    schema: str
    slot: datetime
    days: int
    orders: list[retail.RetailOrder]

    @property
    def limit(self) -> datetime:
        return self.slot - timedelta(days=self.days)

    @property
    def old(self) -> dict:
        return {order.number: order.total for order in self.orders if order.is_old(self.limit)}


def coming_minute() -> datetime:
    """Return a full minute far enough ahead for a person to set a cadence before it."""
    return (datetime.now(UTC) + timedelta(seconds=25)).replace(second=0, microsecond=0) + timedelta(
        minutes=1
    )


def open_shop(stack, tmp_path, slug, country, zone, slot) -> Country:
    """Provision a tenant and import its country's orders, with three more around the limit."""
    schema = stack.provision(slug, zone, owner_email=f"owner@{slug}.test")["schema_name"]
    lines = lines_of(country)
    days = retail.days_that_halve(map(retail.understood, lines), slot)
    limit = slot - timedelta(days=days)
    for number, placed_at in (
        ("just-old", limit - SECOND),
        ("at-the-limit", limit),
        ("just-young", limit + SECOND),
    ):
        lines.append(retail.added(number, placed_at, lines[0]))
    file = retail.write(tmp_path / f"{slug}.csv", lines)
    report = stack.answer("import_orders", slug, str(file), "--timezone", "Europe/London")
    assert report == {"imported": len(lines), "updated": 0, "rejected": []}
    return Country(slug, zone, schema, slot, days, [retail.understood(line) for line in lines])


def set_cadence_as_a_person(stack, country: Country) -> None:
    """Log in at the tenant's own site and set its closing to the slot, in the tenant's zone."""
    local = country.slot.astimezone(ZoneInfo(country.zone))
    admin = Person(f"{country.slug}.localhost", stack.web_port)
    assert "Log out" in admin.log_in(f"owner@{country.slug}.test", PASSWORD).text
    row = "SELECT id FROM django_celery_beat_periodictask WHERE task = %s"
    ((schedule_id,),) = stack.sql(row, CLOSING, schema=country.schema)
    page = admin.submit(
        f"/admin/scheduling/schedule/{schedule_id}/change/",
        crontab=f"{local.minute} {local.hour} * * *",
        days=str(country.days),
    )
    assert "changed successfully" in page.text, FormReader.errors_of(page.text)


def closed_in(stack, schema: str) -> dict:
    rows = stack.sql(
        "SELECT number, total FROM orders_order WHERE status = 'closed'", schema=schema
    )
    return dict(rows)


def firings_of(stack, slot: datetime, shops: list[Country]) -> list:
    """Return state and outcome of every firing of these shops' closing at this slot.

    Tenants of other tests share beat and its ledger, and some of them close every minute.
    """
    statement = """
        SELECT state, outcome FROM agenda_firing WHERE slot_at = %s AND task = %s
        AND tenant_id IN (SELECT id FROM tenants_tenant WHERE slug = ANY(%s))
    """
    return stack.sql(statement, slot, CLOSING, [shop.slug for shop in shops])


@pytest.fixture(scope="module")
def countries(stack, tmp_path_factory):
    """Germany and France, after the slot that both of their admins chose."""
    tmp_path, slot = tmp_path_factory.mktemp("orders"), coming_minute()
    shops = [
        open_shop(stack, tmp_path, "germany", "Germany", "Europe/Berlin", slot),
        open_shop(stack, tmp_path, "france", "France", "Europe/Paris", slot),
    ]
    if datetime.now(UTC) > slot - timedelta(seconds=8):
        pytest.fail("the machine was too slow to prepare before the slot")
    for shop in shops:
        set_cadence_as_a_person(stack, shop)
    for shop in shops:
        stack.wait_until(lambda s=shop: stack.runs(s.slug), 120, f"run of {shop.slug}")
    settled = [("settled", "succeeded")] * 2
    stack.wait_until(lambda: firings_of(stack, slot, shops) == settled, 60, "both firings settled")
    return shops


def test_exactly_the_old_orders_are_closed(stack, countries):
    for country in countries:
        closed = closed_in(stack, country.schema)
        assert closed == country.old
        assert "just-old" in closed
        assert not {"at-the-limit", "just-young"} & set(closed)
        assert 0.4 < len(closed) / len(country.orders) < 0.6


def test_all_other_orders_are_as_they_were_imported(stack, countries):
    for country in countries:
        rows = stack.sql(
            "SELECT number, status, closed_at FROM orders_order", schema=country.schema
        )
        left = {number: status for number, status, closed_at in rows if closed_at is None}
        cancelled = {order.number: order.cancelled for order in country.orders}
        assert set(left) == set(cancelled) - set(country.old)
        assert all(
            status == ("cancelled" if cancelled[n] else "open") for n, status in left.items()
        )


def test_closed_orders_say_when_and_by_which_run(stack, countries):
    for country in countries:
        ((run_id,),) = stack.sql("SELECT id FROM scheduling_run", schema=country.schema)
        rows = stack.sql(
            "SELECT closed_at, status_changed_at, closed_by_run FROM orders_order"
            " WHERE status = 'closed'",
            schema=country.schema,
        )
        assert {closed_by_run for _, _, closed_by_run in rows} == {run_id}
        for closed_at, status_changed_at, _ in rows:
            assert country.slot <= closed_at <= country.slot + timedelta(minutes=1)
            assert status_changed_at == closed_at


def test_there_is_one_run_for_the_slot_and_it_counts_right(stack, countries):
    for country in countries:
        (run,) = stack.answer("runs", country.slug)
        assert datetime.fromisoformat(run["slot"]) == country.slot
        assert (run["state"], run["trigger"], run["task"]) == ("succeeded", "schedule", CLOSING)
        assert run["examined"] == run["closed"] == len(country.old)
        assert run["error"] is None


def test_two_beats_took_the_slot_once(stack, countries):
    slot = countries[0].slot
    assert firings_of(stack, slot, countries) == [("settled", "succeeded")] * 2


def test_the_tenant_and_the_platform_see_that_it_happened(stack, countries):
    country = countries[0]
    admin = Person(f"{country.slug}.localhost", stack.web_port)
    admin.log_in(f"owner@{country.slug}.test", PASSWORD)

    runs = admin.get("/admin/scheduling/run/").text

    assert "succeeded" in runs
    assert str(len(country.old)) in runs
    rows = stack.answer("schedules", "--tenant", country.slug)
    assert [row["last_state"] for row in rows if row["task"] == CLOSING] == ["succeeded"]
    next_at = datetime.fromisoformat(rows[0]["next_at"])
    assert next_at.astimezone(ZoneInfo(country.zone)).date() > country.slot.date()
