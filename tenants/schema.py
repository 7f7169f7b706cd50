"""Which schema the connection is in: django-tenants keeps it on the connection itself."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import connection
from django_tenants.utils import schema_context

if TYPE_CHECKING:
    from tenants.models import Tenant

PUBLIC = "public"


def current_schema() -> str:
    return str(connection.schema_name)  # type: ignore[attr-defined]


def current_tenant() -> "Tenant":
    """Return the tenant that was entered with `tenant_context` or by a request's host."""
    tenant: Tenant = connection.tenant  # type: ignore[attr-defined]
    return tenant


def enter_public_schema() -> None:
    connection.set_schema_to_public()  # type: ignore[attr-defined]


def enter_schema_of(tenant: "Tenant") -> None:
    connection.set_tenant(tenant)  # type: ignore[attr-defined]


def use_login_of_site(*, platform: bool) -> None:
    """In a web process, use the database login of the platform's site or of the tenants'."""
    connection.use_login_of_site(platform=platform)  # type: ignore[attr-defined]


def forget_session() -> None:
    """Begin a request or task with a database session as if it were new."""
    connection.forget_session()  # type: ignore[attr-defined]


def renew_session() -> None:
    """Begin a task with a database session that answers and is not too old, as if it were new."""
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()
    forget_session()


def note_visits(schema_names: Iterable[str]) -> None:
    """Take note that this session has met the tables of schemas which it did not stand in."""
    connection.note_visits(schema_names)  # type: ignore[attr-defined]


def end_long_journey() -> None:
    """Have a new session after one that has visited many schemas, outside of transactions."""
    connection.end_long_journey()  # type: ignore[attr-defined]


def execute_prepared(cursor: Any, name: str, statement: str, *parameters: Any) -> None:
    """Run a statement, with $1 and so on, that a session plans once: to plan one may take longer than to run it."""
    prepared: set[str] = connection.prepared  # type: ignore[attr-defined]
    if name not in prepared:
        cursor.execute(f"PREPARE {name} AS {statement}")
        prepared.add(name)
    given = f" ({', '.join(['%s'] * len(parameters))})" if parameters else ""
    cursor.execute(f"EXECUTE {name}{given}", parameters or None)


def in_public_schema() -> bool:
    return current_schema() == PUBLIC


@contextmanager
def shared_tables(tenant: "Tenant") -> Iterator[None]:
    """Stand in the public schema in the tenant's role, to which row security shows its own rows.

    With the owner's rights, as while a tenant is made, in none: ask for the tenant's rows by name.
    """
    wrapper: Any = connection
    before = wrapper.guest_of
    keeps_rights = tenant.is_platform or wrapper.as_owner
    wrapper.guest_of = None if keeps_rights else tenant.schema_name
    try:
        with schema_context(PUBLIC):
            yield
    finally:
        wrapper.guest_of = before
