"""Two standing tenants on real Postgres, so that every test can ask: and the other tenant?"""

import os
import shutil
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections
from django.utils import translation
from django_tenants.utils import schema_context, tenant_context

from tests.integration import clock, pgbouncer, postgres15, rabbitmq

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
    """Every test begins on the platform's side and leaves no tenant behind on the connection.

    Nor does the language of who visited a page last stay for the next test.
    """
    from tenants.schema import enter_public_schema

    enter_public_schema()
    yield
    enter_public_schema()
    translation.deactivate()


@pytest.fixture
def acme(db):
    return tenant(slug="acme")


@pytest.fixture
def globex(db):
    return tenant(slug="globex")


@pytest.fixture
def platform_tenant(db):
    return tenant(schema_name="public")


def tenant(**lookup):
    """Return a tenant's row, wherever the fixtures before have put the connection."""
    from tenants.models import Tenant

    with schema_context("public"):
        return Tenant.objects.get(**lookup)


@pytest.fixture
def in_acme(acme):
    """Run the test inside acme's schema, without the public one."""
    with tenant_context(acme):
        yield acme


@pytest.fixture
def another_session(db):
    """A connection beside the test's own, whose transaction is rolled back at the end."""
    own: Any = connections.create_connection("default")
    own.set_autocommit(False)
    yield own
    own.rollback()
    own.close()


@pytest.fixture
def platform(db):
    with schema_context("public"):
        yield


@pytest.fixture
def media(settings, tmp_path):
    """Have files that are sent be kept in a folder of this test's own."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    return tmp_path / "media"


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


@pytest.fixture(scope="session")
def rabbit():
    """A RabbitMQ for tests to share; each empties it first."""
    with rabbitmq.RabbitServer() as server:
        yield server


def broker_database(number: int) -> str:
    """Return the address of another database of the tests' Valkey."""
    return f"{os.environ['CELERY_BROKER_URL'].rpartition('/')[0]}/{number}"


#: Services that a machine may lack, with the mark of the tests that need them.
SERVICES = {
    "browser": ("Chromium", lambda: shutil.which("chromium")),
    "rabbitmq": ("RabbitMQ", lambda: rabbitmq.program()),
    "postgres15": ("PostgreSQL 15", lambda: postgres15.program()),
    "pgbouncer": ("PgBouncer", lambda: pgbouncer.program()),
    "faketime": ("libfaketime", lambda: clock.library()),
    "gettext": ("gettext", lambda: shutil.which("xgettext") and shutil.which("msgmerge")),
}


def pytest_collection_modifyitems(items):
    """Skip by name what this machine cannot run; in CI as root a missing service is a failure."""
    for mark, (service, find) in SERVICES.items():
        concerned = [item for item in items if item.get_closest_marker(mark)]
        if concerned and not find():
            if os.environ.get("REQUIRE_SERVICES") == "1":
                pytest.exit(f"{service} is not installed, and REQUIRE_SERVICES=1", returncode=3)
            for item in concerned:
                item.add_marker(pytest.mark.skip(reason=f"{service} is not installed"))
