"""Changing a tenant's time zone for its own people."""

from django.db import connection
from django_tenants.utils import schema_context

from tenants.models import Tenant
from tenants.schema import PUBLIC


def store_zone(tenant: Tenant, zone: str) -> bool:
    """Store a tenant's zone; False, with nothing done, for one that Postgres does not know."""
    # A tenant's role may lock no row of the platform's; a web process may ask before it takes one on.
    with schema_context(PUBLIC), connection.cursor() as cursor:
        cursor.execute("SELECT tenants_change_zone(%s, %s)", [tenant.pk, zone])
        return cursor.fetchone() is not None
