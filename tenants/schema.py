"""Which schema the connection is in: django-tenants keeps it on the connection itself."""

from typing import TYPE_CHECKING

from django.db import connection

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


def in_public_schema() -> bool:
    return current_schema() == PUBLIC
