"""Logins that an operator made, or wants to be called otherwise than ours."""

import urllib.parse

import pytest

pytestmark = pytest.mark.integration

KINDS = ("WEB", "WORKER", "BEAT", "PLATFORM")
WHO = """
from django.db import connection
from tenants.models import Tenant
from tenants.schema import enter_schema_of
found = list(Tenant.objects.raw("SELECT * FROM tenants_at_host('given.localhost')"))
enter_schema_of(found[0])
with connection.cursor() as cursor:
    cursor.execute("SELECT session_user, current_user, current_schemas(false)")
    print(*cursor.fetchone())
"""


@pytest.fixture
def given(stack):
    """Give the processes logins by the environment, to a stack whose database has its own already."""
    stack.provision("given")
    before, own = stack.environment, urllib.parse.urlsplit(stack.database_url)
    stack.environment = before | {
        f"{kind}_DATABASE_URL": own._replace(
            netloc=f"{kind.lower()}_{stack.database}:given-secret@{own.hostname}:{own.port}"
        ).geturl()
        for kind in KINDS
    }
    stack.manage("migrate_schemas", "--verbosity", "0")
    yield stack
    stack.environment = before


def test_a_web_process_uses_the_login_it_was_given_and_the_tenants_role(given):
    login, role, schemas = given.as_web(WHO).stdout.split()

    schema = given.schema_of("given")
    assert login == f"web_{given.database}"
    assert role.endswith(schema)
    assert schemas == f"['{schema}']"
