"""Triggers of the superuser's in every tenant's schema, which no code of the product can get past."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from tests.chaos.product import Product
from tests.chaos.records import Books, Effect, Run, Schedule, Span

#: Orders called so take this long to change, in seconds, so that a fault finds runs in their midst.
DELAYS = {"slow": 0.05, "many": 0.001}
SET_UP = f"""
CREATE SCHEMA chaos;
CREATE SEQUENCE chaos.number;
CREATE TABLE chaos.effect (
    id bigserial PRIMARY KEY, schema_name text, kind text, subject text, before text, after text,
    run_id bigint, role text, transaction bigint, at timestamptz
);
CREATE FUNCTION chaos.record(at_schema text, kind text, subject text, before text, after text, run_id bigint)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO chaos.effect (schema_name, kind, subject, before, after, run_id, role, transaction, at)
    VALUES (at_schema, kind, subject, before, after, run_id, current_setting('role'),
        pg_current_xact_id()::text::bigint, clock_timestamp())
$$;
CREATE FUNCTION chaos.record_order() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM chaos.record(TG_TABLE_SCHEMA, 'order', NEW.number, OLD.status, NEW.status, NEW.closed_by_run);
    PERFORM pg_sleep(('{json.dumps(DELAYS)}'::jsonb
        ->> substring(NEW.number from '/([a-z]+)-'))::float);
    RETURN NULL;
END $$;
CREATE FUNCTION chaos.record_run() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    before text := CASE WHEN TG_OP = 'INSERT' THEN '' ELSE OLD.state END;
    after text := CASE WHEN TG_OP = 'DELETE' THEN 'deleted' ELSE NEW.state END;
    run_id bigint := CASE WHEN TG_OP = 'DELETE' THEN OLD.id ELSE NEW.id END;
BEGIN
    IF before <> after THEN
        PERFORM chaos.record(TG_TABLE_SCHEMA, 'run', run_id::text, before, after, run_id);
    END IF;
    RETURN NULL;
END $$;
"""
WATCH = """
CREATE TRIGGER chaos_order AFTER UPDATE ON "{schema}".orders_order
    FOR EACH ROW EXECUTE FUNCTION chaos.record_order();
CREATE TRIGGER chaos_run AFTER INSERT OR UPDATE OR DELETE ON "{schema}".scheduling_run
    FOR EACH ROW EXECUTE FUNCTION chaos.record_run();
"""


def set_up(product: Product, schemas: list[str]) -> None:
    product.witness(SET_UP + "".join(WATCH.format(schema=schema) for schema in schemas))


def read_books(product: Product, schedules: list[Schedule], closings: dict[str, Span]) -> Books:
    schemas = sorted({schedule.schema for schedule in schedules})
    return Books(
        schedules=schedules,
        closings=closings,
        roles=roles_of(product, schemas),
        runs=[run for schema in schemas for run in runs_of(product, schema)],
        effects=effects(product),
        read_at=datetime.now(UTC),
        left_open={schema: open_orders(product, schema) for schema in schemas},
        has_policies=has_policies(product, schemas[0]),
    )


def roles_of(product: Product, schemas: list[str]) -> dict[str, str]:
    ((installation,),) = product.witness("SELECT id FROM public.tenants_installation")
    return {schema: f"tb_{installation}_{schema}" for schema in schemas}


def runs_of(product: Product, schema: str) -> list[Run]:
    """As JSON, so that a column that the product has not, or not yet, is simply not there."""
    rows = product.witness(
        f'SELECT to_jsonb(run) FROM "{schema}".scheduling_run AS run ORDER BY id'
    )
    return [run_of(schema, row) for (row,) in rows]


def run_of(schema: str, row: dict[str, Any]) -> Run:
    return Run(
        schema=schema,
        id=row["id"],
        periodic_task_id=row["periodic_task_id"],
        slot_at=datetime.fromisoformat(row["slot_at"]),
        state=row["state"],
        trigger=row["trigger"],
        closed=row["closed"],
        finished_at=instant(row["finished_at"]),
        last_slot_at=instant(row.get("last_slot_at")),
        slots=row.get("slots", 1),
        error=row["error"],
    )


def instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def effects(product: Product) -> list[Effect]:
    columns = "schema_name, kind, subject, before, after, run_id, role, transaction, at"
    return [
        Effect(*row) for row in product.witness(f"SELECT {columns} FROM chaos.effect ORDER BY id")
    ]


def open_orders(product: Product, schema: str) -> list[str]:
    statement = f"SELECT number FROM \"{schema}\".orders_order WHERE status = 'open' ORDER BY id"
    return [number for (number,) in product.witness(statement)]


def has_policies(product: Product, schema: str) -> bool:
    table = f'"{schema}".scheduling_policy'
    return product.witness("SELECT to_regclass(%s) IS NOT NULL", table) == [(True,)]
