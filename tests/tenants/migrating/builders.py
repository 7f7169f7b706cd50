"""Schemas that are behind: by Django's own sessions, a table that nothing of ours uses or follows."""

from django_tenants.utils import schema_context

from tenants.postgresql.base import owner_rights
from tenants.postgresql.logins import execute

APP, TABLE = "sessions", "django_session"
LAST = f"{APP}.0001_initial"


def set_back(tenant):
    """Undo one migration of the tenant, as if its code had not been there yet."""
    with owner_rights(), schema_context(tenant.schema_name):
        execute(f"DROP TABLE {TABLE}")
        execute("DELETE FROM django_migrations WHERE app = %s", APP)


def has_table(tenant):
    return bool(execute("SELECT to_regclass(%s)", f"{tenant.schema_name}.{TABLE}")[0][0])
