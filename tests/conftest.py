"""Two standing tenants on real Postgres, so that every test can ask: and the other tenant?"""

import os
from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django_tenants.utils import schema_context, tenant_context

#: A fixed instant, a Sunday without any change of clocks near it.
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker):
    """Migrate the temporary database that `python -m saas.embedded` made, and provision two tenants."""
    from tenants.provisioning import Order, provision

    if "SUPERUSER_DATABASE_URL" not in os.environ:
        pytest.exit("Tests run on temporary services: use `make test`.", returncode=3)
    with django_db_blocker.unblock():
        call_command("migrate_schemas", verbosity=0)
        for slug, zone in (("acme", "Europe/Berlin"), ("globex", "America/New_York")):
            provision(
                Order(
                    slug=slug, name=slug.title(), timezone=zone, owner_email=f"owner@{slug}.test"
                ),
                password="correct horse battery",
            )


@pytest.fixture(autouse=True)
def public_schema():
    """Every test begins on the platform's side and leaves no tenant behind on the connection."""
    from django.db import connection

    connection.set_schema_to_public()
    yield
    connection.set_schema_to_public()


@pytest.fixture
def acme(db):
    from tenants.models import Tenant

    return Tenant.objects.get(slug="acme")


@pytest.fixture
def globex(db):
    from tenants.models import Tenant

    return Tenant.objects.get(slug="globex")


@pytest.fixture
def in_acme(acme):
    """Run the test inside acme's schema, without the public one."""
    with tenant_context(acme):
        yield acme


@pytest.fixture
def platform(db):
    with schema_context("public"):
        yield


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    """The whole product running: web, worker, platform worker and two beats, for tests to share."""
    from tests.integration.stack import Stack

    whole = Stack(tmp_path_factory.mktemp("stack"), broker_database(1))
    whole.create_database()
    whole.start_all()
    yield whole
    whole.stop_all()
    whole.drop_database()


def broker_database(number: int) -> str:
    """Return the address of another database of the tests' Valkey."""
    return f"{os.environ['CELERY_BROKER_URL'].rpartition('/')[0]}/{number}"


@pytest.fixture
def platform_tenant(db):
    from tenants.models import Tenant

    return Tenant.objects.get(schema_name="public")
