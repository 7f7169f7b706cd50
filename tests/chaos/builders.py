"""Books in which all is well, and ways to spoil them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.chaos.records import Books, Effect, Run, Schedule, Span

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
#: Of a schedule that fires every minute from noon until it is disabled.
SLOTS = [NOON + number * MINUTE for number in range(5)]
CLOSING = Span(SLOTS[-1] + 10 * SECOND, SLOTS[-1] + 11 * SECOND)
SCHEMAS = ("t_acme", "t_globex")


def clean_books(**changes) -> Books:
    """Two tenants, each with five slots, five runs, and an order closed by each run."""
    books = Books(
        schedules=[Schedule(schema, 1, NOON, crontab="* * * * *") for schema in SCHEMAS],
        closings=dict.fromkeys(SCHEMAS, CLOSING),
        roles={schema: f"tb_{schema}" for schema in SCHEMAS},
        runs=[succeeded(schema, number) for schema in SCHEMAS for number in range(5)],
        effects=[e for schema in SCHEMAS for n in range(5) for e in effects_of(schema, n)],
        read_at=CLOSING.ends_at + MINUTE,
        has_policies=True,
    )
    return replace(books, **changes)


def succeeded(schema: str, number: int, **changes) -> Run:
    """The run of a slot, one second after it."""
    at = SLOTS[number]
    run = Run(schema, number + 1, 1, at, "succeeded", closed=1, finished_at=at + SECOND)
    return replace(run, **changes)


def effects_of(schema: str, number: int) -> list[Effect]:
    """A run's beginning and end, and the order that it closed, as triggers record them."""
    order = Effect(
        schema=schema,
        kind="order",
        subject=f"{schema}/{number + 1}",
        before="open",
        after="closed",
        run_id=number + 1,
        role=f"tb_{schema}",
        transaction=1000 * SCHEMAS.index(schema) + number + 1,
        at=SLOTS[number] + SECOND,
    )
    begun = replace(order, kind="run", subject=str(number + 1), before="", after="running")
    return [begun, order, replace(begun, before="running", after="succeeded")]


def without(books: Books, schema: str, number: int) -> Books:
    """The same without one run and what it did."""
    run_id = number + 1
    return replace(
        books,
        runs=[run for run in books.runs if (run.schema, run.id) != (schema, run_id)],
        effects=[e for e in books.effects if (e.schema, e.run_id) != (schema, run_id)],
    )


def with_run(books: Books, run: Run) -> Books:
    """The same with one more run."""
    return replace(books, runs=[*books.runs, run])


def with_effect(books: Books, effect: Effect) -> Books:
    return replace(books, effects=[*books.effects, effect])
