"""What SQL in one tenant's request or task leaves in the database session that the next one gets."""

import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from tests.people import visitor
from tests.scheduling import sample_tasks
from tests.scheduling.delivery import refused


@pytest.fixture
def both(django_db_setup, django_db_blocker):
    """The two tenants outside any transaction, as requests and tasks find them."""
    from tenants.models import Tenant

    with django_db_blocker.unblock():
        yield Tenant.objects.get(slug="acme"), Tenant.objects.get(slug="globex")
        connection.close()


def sql(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone() if cursor.description else None


LEFT = {
    "a timeout": ("SET statement_timeout = 1", "SHOW statement_timeout"),
    "refusing to write": (
        "SET default_transaction_read_only = on",
        "SHOW default_transaction_read_only",
    ),
    "another way to write dates": ("SET DateStyle = 'SQL, DMY'", "SHOW DateStyle"),
    "a table in the way": (
        "CREATE TEMPORARY TABLE staged_order ()",
        "SELECT to_regclass('staged_order')",
    ),
    "a lock": (
        "SELECT pg_advisory_lock(7)",
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'",
    ),
}


@pytest.mark.parametrize("one", LEFT.values(), ids=LEFT)
def test_nothing_is_left_for_the_next_request(both, one):
    acme, _globex = both
    statement, question = one
    usual = sql(question)

    with tenant_context(acme):
        sql(statement)
    assert visitor("globex").get("/admin/login/").status_code == 200

    assert sql(question) == usual


def test_nothing_is_left_for_the_next_task(both):
    acme, globex = both
    with tenant_context(acme):
        sql("SET default_transaction_read_only = on")

    refused(sample_tasks.single, "not an id", globex)

    assert sql("SHOW default_transaction_read_only") == ("off",)


def test_a_host_that_nobody_has_costs_no_cleaning(both):
    acme, _globex = both
    with tenant_context(acme):
        sql("SELECT 1")
    stranger = visitor("nobody..localhost")
    stranger.get("/")

    sql("SET DateStyle = 'SQL, DMY'")
    stranger.get("/")

    assert sql("SHOW DateStyle") == ("SQL, DMY",)


def test_a_session_that_was_lost_is_replaced(both):
    acme, _globex = both
    with tenant_context(acme):
        sql("SELECT 1")
    connection.connection.close()

    assert visitor("globex").get("/admin/login/").status_code == 200
