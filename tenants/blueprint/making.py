"""Making the blueprint of this code: migrate, read, and prove that it makes the same again."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import unified_diff
from itertools import islice
from typing import Any

import structlog
from django.db import connection, transaction

from tenants.blueprint.fingerprint import current_fingerprint
from tenants.blueprint.models import Blueprint
from tenants.blueprint.portrait import portrait_of
from tenants.blueprint.reading import PLACEHOLDER, statements_of
from tenants.migrating.one import migrate_schema
from tenants.postgresql.base import owner_rights
from tenants.postgresql.clock import database_now
from tenants.postgresql.locks import one_at_a_time
from tenants.schema import enter_public_schema

logger = structlog.get_logger(__name__)

#: Blueprints of earlier code are kept for processes that still run it.
KEPT = 5
#: How many lines of a difference a refusal shows.
LINES_SHOWN = 4


class Unfit(Exception):
    """Schemas of this code cannot be made from a blueprint; the message says why."""


def current_blueprint() -> Blueprint | None:
    """Return the blueprint of this code, if there is one; that of any other code is of no use."""
    return Blueprint.objects.filter(pk=current_fingerprint()).first()


def ensure_blueprint() -> Blueprint | None:
    """Return the blueprint of this code, making it first where there is none.

    While another process makes it, this waits. In a transaction none is made, and None returned
    where none is: what it takes would be in that transaction, and its clock stands still.
    """
    found = current_blueprint()
    if found or connection.in_atomic_block:
        return found
    with one_at_a_time("blueprint"):
        return current_blueprint() or make_blueprint()


def make_blueprint() -> Blueprint:
    """Make and store the blueprint of this code, or the reason why there is none. Not in a transaction."""
    blueprint = Blueprint(fingerprint=current_fingerprint())
    try:
        blueprint.statements = proven_statements()
        logger.info("blueprint made", fingerprint=str(blueprint))
    except Unfit as error:
        blueprint.refusal = str(error)
        logger.warning("no blueprint: schemas are migrated", reason=blueprint.refusal)
    blueprint.made_at = database_now()
    with transaction.atomic():
        blueprint.save(force_insert=True)
        kept = Blueprint.objects.order_by("-made_at").values_list("pk")[:KEPT]
        Blueprint.objects.exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()
    return blueprint


def proven_statements() -> str:
    """Return the SQL that makes a schema as migrating makes it; raises Unfit where there is none.

    Two schemas are migrated, since what differs between them (an instant, a name, something random)
    is nothing to copy.
    """
    with scratch_schema() as first:
        migrate_from_nothing(first)
        statements, migrated = statements_of(first), portrait_of(first)
    with scratch_schema() as second:
        migrate_from_nothing(second)
        refuse_difference("two migrated schemas differ", migrated, portrait_of(second))
    with scratch_schema() as copy:
        build_from(statements, copy)
        refuse_difference("a copy differs from a migrated schema", migrated, portrait_of(copy))
    return statements


@contextmanager
def scratch_schema() -> Iterator[str]:
    """Give a name for a schema that is gone, with all that came of it, when the block ends."""
    wrapper: Any = connection
    enter_public_schema()
    with owner_rights(), transaction.atomic(durable=True):
        yield f"t_scratch_{secrets.token_hex(16)}"
        transaction.set_rollback(True)
    # Reading sets a search path of its own, of which the backend does not know.
    wrapper.entered = None


def migrate_from_nothing(schema_name: str) -> None:
    """Make a schema by all migrations, one after the other, as django-tenants does."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {connection.ops.quote_name(schema_name)}")
    migrate_schema(schema_name)


def build_from(statements: str, schema_name: str) -> None:
    """Run a blueprint's SQL for the schema of this name, in the current transaction."""
    with connection.cursor() as cursor:
        # No table has rows worth a parallel worker, for which each index would be planned.
        cursor.execute("SET LOCAL max_parallel_maintenance_workers = 0")
        cursor.execute(statements.replace(PLACEHOLDER, schema_name))


def refuse_difference(what: str, one: Sequence[str], other: Sequence[str]) -> None:
    lines = (line for line in unified_diff(one, other, n=0) if line[:2] not in {"--", "++", "@@"})
    if shown := list(islice(lines, LINES_SHOWN)):
        raise Unfit(f"{what}: {'; '.join(line.strip()[:300] for line in shown)}")
