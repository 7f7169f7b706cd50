"""How far schemas are behind this code: asked of all at once, and of Django once for those alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.auth import management
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django_tenants.utils import schema_context

from tenants.postgresql.base import owner_rights
from tenants.postgresql.logins import execute
from tenants.postgresql.roles import quoted

#: Schemas per statement: enough to save round trips, few enough for their tables' locks.
PIECE = 100
#: How long a schema that somebody has locked may keep the answer waiting.
LOCK_TIMEOUT = "500ms"
#: A schema without one of these was never migrated to an end.
TABLES = ["django_migrations", "django_content_type", "auth_permission"]


@dataclass(frozen=True)
class Standing:
    """What a schema lacks, as `app.name`, and what it has that this code does not know."""

    lacks: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    #: Whether what follows migrations was done as well, or whether that could be seen at all.
    is_whole: bool = True

    @property
    def is_behind(self) -> bool:
        return bool(self.lacks) or not self.is_whole


def standings(schema_names: Sequence[str]) -> dict[str, Standing]:
    """Return how far each schema is. One that cannot be read counts as not whole."""
    readable = set(having_tables(schema_names))
    found: dict[str, Standing] = {}
    alike: dict[str, Standing] = {}
    for schema_name, digest, is_whole in answers([n for n in schema_names if n in readable]):
        if digest not in alike:
            alike[digest] = standing_by_django(schema_name)
        known = alike[digest]
        found[schema_name] = Standing(known.lacks, known.unknown, is_whole)
    return {name: found.get(name, Standing(is_whole=False)) for name in schema_names}


def having_tables(schema_names: Sequence[str]) -> list[str]:
    question = """
        SELECT nspname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE nspname = ANY(%s) AND relname = ANY(%s) GROUP BY nspname HAVING count(*) = %s
    """
    return [row[0] for row in execute(question, list(schema_names), TABLES, len(TABLES))]


def answers(schema_names: Sequence[str]) -> Iterator[tuple[str, str, bool]]:
    """Yield each schema with a digest of the migrations applied and whether it is whole.

    A schema that cannot be read, or not soon enough, is left out.
    """
    for start in range(0, len(schema_names), PIECE):
        yield from answers_of(schema_names[start : start + PIECE])


def answers_of(piece: Sequence[str]) -> list[tuple[Any, ...]]:
    """Ask of some schemas at once; where one keeps that from being answered, of each half."""
    try:
        with transaction.atomic():
            execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
            return execute(question_for(piece), *expected_permissions(), *piece)
    except DatabaseError:
        if len(piece) == 1:
            return []
        middle = len(piece) // 2
        return answers_of(piece[:middle]) + answers_of(piece[middle:])


def question_for(schema_names: Sequence[str]) -> str:
    schemas = (quoted(name).replace("%", "%%") for name in schema_names)
    return EXPECTED + " UNION ALL ".join(EACH.format(schema=schema) for schema in schemas)


EXPECTED = """
WITH expected (app_label, model, codename) AS MATERIALIZED (SELECT * FROM unnest(%s, %s, %s))
"""
EACH = """
(SELECT %s::text,
    (SELECT md5(string_agg(app || '.' || name, ',' ORDER BY app, name)) FROM {schema}.django_migrations),
    NOT EXISTS (
        SELECT FROM expected LEFT JOIN (
            {schema}.auth_permission JOIN {schema}.django_content_type AS type
                ON type.id = content_type_id
        ) USING (app_label, model, codename)
        WHERE type.id IS NULL
    ))
"""


def expected_permissions() -> tuple[list[str], list[str], list[str]]:
    """Return app, model and code of what Django writes after it has migrated, as three columns."""
    rows = [
        (model._meta.app_label, model._meta.model_name or "", code)
        for model in apps.get_models()
        for code, _name in management._get_all_permissions(model._meta)  # type: ignore[attr-defined]
    ]
    labels, models, codes = zip(*rows, strict=True)
    return list(labels), list(models), list(codes)


def standing_by_django(schema_name: str) -> Standing:
    """Ask Django what it would apply in this schema, and find what it does not know."""
    with owner_rights(), schema_context(schema_name):
        executor = MigrationExecutor(connection)
    loader = executor.loader
    plan = executor.migration_plan(loader.graph.leaf_nodes())
    known = set(loader.disk_migrations)
    known |= {old for migration in loader.disk_migrations.values() for old in migration.replaces}
    return Standing(
        lacks=tuple(f"{step.app_label}.{step.name}" for step, _ in plan),
        # An app that was taken out altogether leaves its migrations behind, which is no sign of it.
        unknown=tuple(
            f"{app}.{name}"
            for app, name in sorted(set(loader.applied_migrations) - known)
            if app in loader.migrated_apps
        ),
    )
