"""Errors of a run that are not its own: Postgres went away, or the tenant's schema is what is wrong."""

from django.db import InterfaceError, OperationalError, connection
from psycopg2 import errors

from scheduling.agenda.halts import Hindered
from scheduling.plain import plain
from tenants.schema import current_schema

#: What Postgres says of a schema that was broken or is locked, whoever broke or locked it.
HINDRANCES = (
    errors.UndefinedTable,
    errors.UndefinedColumn,
    errors.UndefinedFunction,
    errors.InvalidSchemaName,
    errors.InsufficientPrivilege,
    errors.LockNotAvailable,
)


#: What Postgres says when it ends a session: shutting down, crashed, starting up, idle for too long.
FAREWELLS = ("57P01", "57P02", "57P03", "57P05", "25P03")


def raise_if_not_its_own(error: Exception) -> None:
    """Raise OperationalError where Postgres went away, Hindered where the schema is what is wrong."""
    if has_gone_away(error) or not connection.is_usable():
        raise OperationalError(f"Postgres went away: {error}") from error
    if isinstance(error.__cause__, HINDRANCES):
        raise Hindered(reason_of(error)) from error


def reason_of(error: Exception) -> str:
    """Return what is wrong with the schema: where the whole is gone, not which table was missed first."""
    if isinstance(error.__cause__, errors.UndefinedTable) and not is_there():
        return f"Schema {current_schema()} is gone, or its role may not use it."
    return plain(error)


def is_there() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schemas(false)")
        return any(not name.startswith("pg_temp") for name in cursor.fetchone()[0])


def has_gone_away(error: Exception) -> bool:
    """Whether an error is that of a session that was cut off.

    The connection itself cannot tell: leaving a transaction, Django connects anew, and where
    Postgres is back by then it is as good as ever.
    """
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    code = getattr(error.__cause__, "pgcode", None)
    return code is None or code in FAREWELLS
