"""Many clients, three tenants, and trouble of every kind: nothing ever lands at another tenant's."""

import os
import secrets

import pytest

from tests.attacks.hammer import Shop, hammer
from tests.attacks.product import Product
from tests.integration.rows import insert_every

pytestmark = pytest.mark.integration

#: Which role wrote which row by which path, in words of Postgres itself. It runs with its owner's
#: rights, since a tenant's role may write nothing outside its schema; both settings stay the caller's.
RECORDING = """
CREATE TABLE IF NOT EXISTS hammer_record (schema text, relation text, role text, path text, content text);
CREATE OR REPLACE FUNCTION hammer_note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO public.hammer_record VALUES (TG_TABLE_SCHEMA, TG_TABLE_NAME, current_setting('role'),
        current_setting('search_path'), to_jsonb(NEW) ->> 'customer');
    RETURN NULL;
END $$
"""
TABLES = ("orders_order", "scheduling_run", "django_admin_log", "accounts_session", "accounts_user")
ORDERS = """
    INSERT INTO orders_order (number, customer, placed_at, total, currency, status, status_changed_at)
    SELECT n::text, %s, now() - n * interval '1 day', n, 'EUR', 'open', now() FROM generate_series(1, 60) n
"""


def open_shop(stack, colour):
    slug = f"{colour}-{secrets.token_hex(3)}"
    schema = stack.provision(slug, owner_email=f"owner@{slug}.test")["schema_name"]
    stack.sql(ORDERS, f"customer of {slug}", schema=schema)
    for number in range(3):
        insert_every(stack, schema, f"every second {number}", 1)
    for table in TABLES:
        stack.sql(
            f"CREATE TRIGGER hammer AFTER INSERT OR UPDATE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION public.hammer_note()",
            schema=schema,
        )
    ids = [row for (row,) in stack.sql("SELECT id FROM orders_order", schema=schema)]
    return Shop(slug, schema, Product(stack).logged_in(slug), ids)


@pytest.fixture
def shops(stack):
    stack.sql(RECORDING)
    opened = [open_shop(stack, colour) for colour in ("red", "green", "blue")]
    yield opened
    for shop in opened:
        stack.manage("suspend_tenant", shop.slug)


def assert_all_stays_apart(stack, shops, seconds):
    seen = hammer(shops, os.environ["SUPERUSER_DATABASE_URL"], stack.database, seconds)

    assert seen.foreign == []
    for shop in shops:
        assert seen.times(shop, "read_list") > seconds / 10, seen.answers
        assert seen.times(shop, "edit") > seconds / 10, seen.answers
        assert foreign_rows(stack, shop) == []
        assert wrong_writes(stack, shop) == []
        assert written_tables(stack, shop) >= {"orders_order", "scheduling_run", "accounts_session"}
        assert shop.marker in shop.owner.get("/admin/orders/order/").text
    assert all(process.poll() is None for process in stack.processes.values())


def foreign_rows(stack, shop):
    strangers = "SELECT number, customer FROM orders_order WHERE customer <> %s"
    return stack.sql(strangers, shop.marker, schema=shop.schema)


def wrong_writes(stack, shop):
    """Return what was written to this schema by another role, by another path or for another tenant."""
    ((installation,),) = stack.sql("SELECT id FROM tenants_installation")
    return stack.sql(
        "SELECT DISTINCT relation, role, path, content FROM hammer_record WHERE schema = %s"
        " AND (role <> %s OR path <> %s OR content <> %s)",
        shop.schema,
        f"tb_{installation}_{shop.schema}",
        f"{shop.schema}, pg_temp",
        shop.marker,
    )


def written_tables(stack, shop):
    rows = stack.sql("SELECT DISTINCT relation FROM hammer_record WHERE schema = %s", shop.schema)
    return {relation for (relation,) in rows}


def test_half_a_minute_of_hammering_mixes_nothing_up(stack, shops):
    assert_all_stays_apart(stack, shops, seconds=30)


@pytest.mark.long
def test_five_minutes_of_hammering_mix_nothing_up(stack, shops):
    assert_all_stays_apart(stack, shops, seconds=300)
