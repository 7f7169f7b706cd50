"""Schemas that are behind."""

from django_tenants.utils import schema_context

from tenants.postgresql.base import owner_rights
from tenants.postgresql.logins import execute

LAST = "0006_run_retention"


def set_back(tenant):
    """Undo the tenant's last migration, as if its code had not been there yet."""
    with owner_rights(), schema_context(tenant.schema_name):
        execute("DROP TABLE scheduling_runretention")
        execute("DELETE FROM django_migrations WHERE name = %s", LAST)


def has_retention(tenant):
    table = f"{tenant.schema_name}.scheduling_runretention"
    return bool(execute("SELECT to_regclass(%s)", table)[0][0])
