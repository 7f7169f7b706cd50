"""How far schemas are behind this code: asked of all at once, and of Django once for those alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
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
    lacking: dict[str, Standing] = {}
    whole: dict[str, bool] = {}
    for schema_name, applied, written in answers([n for n in schema_names if n in readable]):
        if applied not in lacking:
            lacking[applied] = standing_by_django(schema_name)
        if written not in whole:
            whole[written] = has_permissions(schema_name)
        found[schema_name] = replace(lacking[applied], is_whole=whole[written])
    return {name: found.get(name, Standing(is_whole=False)) for name in schema_names}


def having_tables(schema_names: Sequence[str]) -> list[str]:
    question = """
        SELECT nspname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE nspname = ANY(%s) AND relname = ANY(%s) GROUP BY nspname HAVING count(*) = %s
    """
    return [row[0] for row in execute(question, list(schema_names), TABLES, len(TABLES))]


def answers(schema_names: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Yield each schema with a digest of its migrations, and one of what was written after them.

    A schema that cannot be read, or not soon enough, is left out.
    """
    for start in range(0, len(schema_names), PIECE):
        yield from answers_of(schema_names[start : start + PIECE])


def answers_of(piece: Sequence[str]) -> list[tuple[Any, ...]]:
    """Ask of some schemas at once; where one keeps that from being answered, of each half."""
    try:
        with transaction.atomic():
            execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
            return execute(question_for(piece), *piece)
    except DatabaseError:
        if len(piece) == 1:
            return []
        middle = len(piece) // 2
        return answers_of(piece[:middle]) + answers_of(piece[middle:])


def question_for(schema_names: Sequence[str]) -> str:
    schemas = (quoted(name).replace("%", "%%") for name in schema_names)
    return " UNION ALL ".join(EACH.format(schema=schema) for schema in schemas)


#: Sums of hashes, since rows that need no order need no sorting.
EACH = """
SELECT %s::text,
    (SELECT concat_ws(' ', count(*), sum(hashtextextended(concat_ws('.', app, name), 0)))
        FROM {schema}.django_migrations),
    (SELECT concat_ws(' ', count(*), sum(hashtextextended(concat_ws('.', id, app_label, model), 0)))
        FROM {schema}.django_content_type)
    || (SELECT concat_ws(' ', '', count(*),
            sum(hashtextextended(concat_ws('.', content_type_id, codename), 0)))
        FROM {schema}.auth_permission)
"""


def has_permissions(schema_name: str) -> bool:
    """Whether all is there that Django writes after it has migrated."""
    schema = quoted(schema_name)
    rows = execute(
        f"SELECT app_label, model, codename FROM {schema}.auth_permission "  # noqa: S608
        f"JOIN {schema}.django_content_type AS type ON type.id = content_type_id"
    )
    return expected_permissions() <= set(rows)


def expected_permissions() -> set[tuple[str, ...]]:
    """Return app, model and code of each permission."""
    return {
        (model._meta.app_label, model._meta.model_name or "", code)
        for model in apps.get_models()
        for code, _name in management._get_all_permissions(model._meta)  # type: ignore[attr-defined]
    }


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
