from contextlib import contextmanager

import pytest
from django.db import connection

from tenants.blueprint import building
from tenants.models import Tenant
from tenants.postgresql.logins import execute
from tenants.postgresql.roles import installation_id, quoted, role_name
from tenants.provisioning import Order, provision


@contextmanager
def migrating():
    """Have schemas made by migrating, as if there were no blueprint."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(building, "current_blueprint", lambda: None)
        yield


@pytest.fixture(scope="module")
def twins(django_db_setup, django_db_blocker):
    """Two tenants as another session sees them: one from the blueprint, one migrated."""
    with django_db_blocker.unblock():
        copied = provision(Order("copied", "Twin", owner_email="twin@copied.test")).tenant
        with migrating():
            migrated = provision(Order("migrated", "Twin", owner_email="twin@copied.test")).tenant
        yield copied, migrated
        for tenant in (copied, migrated):
            remove(tenant)
        connection.close()


def remove(tenant):
    """Undo what was committed, so that the other tests have the two standing tenants."""
    role = quoted(role_name(installation_id(), tenant.schema_name))
    execute(f"DROP SCHEMA {quoted(tenant.schema_name)} CASCADE")
    execute(f"DROP ROLE {role}")
    Tenant.objects.filter(pk=tenant.pk).delete()
    execute("DELETE FROM agenda_schedulechange WHERE schema_name = %s", tenant.schema_name)
