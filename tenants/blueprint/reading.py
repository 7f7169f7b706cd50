"""A schema read from the catalogue, as the SQL that makes it again under another name.

It reads what Django's migrations make: tables with their constraints, indexes, triggers, comments
and rows. Whoever uses it compares what came of it (`portrait`), so that anything else is noticed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tenants.blueprint import catalogue
from tenants.postgresql.logins import execute

#: Stands for the schema's name. No identifier of ours and no value can be this by chance.
PLACEHOLDER = "t_@blueprint@"
#: When a migration was applied: in a copy, when the copy was made.
APPLIED = ("django_migrations", "applied")
#: A column, "= ANY" or "<> ALL", and a list of strings, with the casts.
TEXT_LIST = re.compile(
    r"""\((\w+|"[^"]+")\)::text (= ANY|<> ALL) """
    r"""\(\((ARRAY\[(?:'(?:[^']|'')*'::character varying(?:, )?)+\])\)::text\[\]\)"""
)


@dataclass(frozen=True)
class Constraint:
    name: str
    definition: str
    #: The table that a foreign key leads to, 0 for any other constraint.
    target: int

    def __str__(self) -> str:
        return f"CONSTRAINT {self.name} {self.definition}"


@dataclass(frozen=True)
class Table:
    oid: int
    name: str
    columns: list[str]
    constraints: list[Constraint]
    #: The statement that fills it, "" when it is empty.
    rows: str

    def make(self, made: set[int]) -> Iterator[str]:
        """Yield the statements for the table itself; `made` are the tables that stand before it."""
        inside = [c for c in self.constraints if self.is_inside(c, made)]
        yield f"CREATE TABLE {self.name} ({', '.join([*self.columns, *map(str, inside)])})"
        if self.rows:
            yield self.rows
        for constraint in self.constraints:
            if constraint.target in {*made, self.oid} and constraint not in inside:
                yield self.add(constraint)

    def is_inside(self, constraint: Constraint, made: set[int]) -> bool:
        """Whether a constraint is made with the table.

        A foreign key that is added to rows looks at them once, one that is there before at each.
        """
        if not constraint.target:
            return True
        return not self.rows and constraint.target in {*made, self.oid}

    def add(self, constraint: Constraint) -> str:
        return f"ALTER TABLE {self.name} ADD {constraint}"


def statements_of(schema_name: str) -> str:
    """Return the SQL that makes this schema again, with PLACEHOLDER in place of its name.

    Everything is named in full, so that it does not matter where the session stands. Asks in the
    current transaction, whose search path it sets.
    """
    execute("SET LOCAL search_path = pg_catalog, pg_temp")
    statements = [
        f"CREATE SCHEMA {schema_name}",
        *make_tables(tables_of(schema_name)),
        *(row[0] for row in execute(catalogue.SEQUENCE_STATES, schema_name)),
        *(as_it_was_written(row[0]) for row in execute(catalogue.INDEXES, schema_name)),
        *(row[0] for row in execute(catalogue.TRIGGERS, schema_name)),
        *(row[0] for row in execute(catalogue.COMMENTS, schema_name)),
    ]
    return with_placeholder(";\n".join(statements), schema_name)


def as_it_was_written(definition: str) -> str:
    """Undo what Postgres shows of `status IN ('open', …)`, which it would read as another expression.

    It shows the casts that it put in itself: of the column to text and of the list to text[]. Read
    again, the latter is taken for one of each element. Without both it puts in the same as before.
    """
    return TEXT_LIST.sub(r"\1 \2 (\3)", definition)


def with_placeholder(text: str, schema_name: str) -> str:
    return text.replace(schema_name, PLACEHOLDER)


def tables_of(schema_name: str) -> list[Table]:
    return [
        Table(
            oid,
            name,
            [row[0] for row in execute(catalogue.columns(), oid)],
            [
                Constraint(quoted, as_it_was_written(definition), target)
                for quoted, definition, target in execute(catalogue.CONSTRAINTS, oid)
            ],
            rows_of(name, oid),
        )
        for oid, name in execute(catalogue.TABLES, schema_name)
    ]


def rows_of(name: str, oid: int) -> str:
    """Return the statement that writes a table's rows again, in their order on disk."""
    columns = [(row[0], row[1]) for row in execute(catalogue.WRITABLE_COLUMNS, oid)]
    is_applied = [name.endswith(f".{APPLIED[0]}") and plain == APPLIED[1] for plain, _ in columns]
    values = ", ".join(
        "'now()'" if applied else f"quote_nullable({quoted}::text)"
        for (_, quoted), applied in zip(columns, is_applied, strict=True)
    )
    rows = execute(f"SELECT concat_ws(', ', {values}) FROM {name} ORDER BY ctid")  # noqa: S608
    if not rows:
        return ""
    names = ", ".join(quoted for _, quoted in columns)
    lines = ",\n".join(f"({row[0]})" for row in rows)
    return f"INSERT INTO {name} ({names}) OVERRIDING SYSTEM VALUE VALUES\n{lines}"


def make_tables(tables: Iterable[Table]) -> Iterator[str]:
    """Yield what makes the tables, each after those it refers to; in a circle, keys come last."""
    waiting, made, keys = list(tables), set[int](), list[str]()
    own = {table.oid for table in waiting}
    made |= {c.target for table in waiting for c in table.constraints} - own
    while waiting:
        table = next((t for t in waiting if targets(t) <= made), waiting[0])
        keys += [table.add(c) for c in table.constraints if c.target in targets(table) - made]
        yield from table.make(made)
        made.add(table.oid)
        waiting.remove(table)
    yield from keys


def targets(table: Table) -> set[int]:
    """Return the other tables that a table refers to."""
    return {constraint.target for constraint in table.constraints} - {0, table.oid}
