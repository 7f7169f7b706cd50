"""Errors of a run that are not its own: Postgres went away, or the tenant's schema is what is wrong."""

from django.db import OperationalError, connection
from psycopg2 import errors

from scheduling.agenda.halts import Hindered
from scheduling.plain import plain

#: What Postgres says of a schema that was broken or is locked, whoever broke or locked it.
HINDRANCES = (
    errors.UndefinedTable,
    errors.UndefinedColumn,
    errors.UndefinedFunction,
    errors.InvalidSchemaName,
    errors.InsufficientPrivilege,
    errors.LockNotAvailable,
)


def raise_if_not_its_own(error: Exception) -> None:
    """Raise OperationalError where Postgres went away, Hindered where the schema is what is wrong."""
    if not connection.is_usable():
        raise OperationalError(f"Postgres went away: {error}") from error
    if isinstance(error.__cause__, HINDRANCES):
        raise Hindered(plain(error)) from error
