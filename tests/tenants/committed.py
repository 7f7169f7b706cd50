"""Tenants that other sessions see too, and that are removed again."""

from contextlib import contextmanager

from django.db import connection

from tenants.models import Tenant
from tenants.postgresql.logins import execute
from tenants.postgresql.roles import installation_id, quoted, role_name
from tenants.provisioning import Order, provision


@contextmanager
def committed_tenants(*slugs):
    """Outside of any test's transaction; the other tests have the two standing tenants again."""
    tenants = [
        provision(Order(slug, "Twin", owner_email="twin@both.test")).tenant for slug in slugs
    ]
    try:
        yield tenants
    finally:
        for tenant in tenants:
            remove(tenant)
        connection.close()


def remove(tenant):
    execute(f"DROP SCHEMA {quoted(tenant.schema_name)} CASCADE")
    execute(f"DROP ROLE {quoted(role_name(installation_id(), tenant.schema_name))}")
    Tenant.objects.filter(pk=tenant.pk).delete()
    execute("DELETE FROM agenda_schedulechange WHERE schema_name = %s", tenant.schema_name)
