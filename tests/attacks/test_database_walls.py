"""SQL as it would be injected into a tenant's page or task: what Postgres itself refuses."""

import contextlib
from typing import Any

import pytest
from django.db import DatabaseError, ProgrammingError, connection, connections, transaction
from django_tenants.utils import schema_context, tenant_context

from orders.models import Order
from tenants.models import Tenant
from tenants.postgresql.base import DatabaseWrapper, owner_rights
from tenants.postgresql.roles import installation_id, make_groups, make_missing_roles, role_name
from tenants.schema import enter_schema_of


def sql(statement, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else None


def session():
    return sql("SELECT current_user, current_schemas(false)")[0]


def expected(tenant):
    with schema_context("public"):
        installation = installation_id()
    return role_name(installation, tenant.schema_name), [tenant.schema_name]


def refused(statement):
    with pytest.raises(ProgrammingError, match=r"permission denied|must be (owner|able)"):
        with transaction.atomic():
            sql(statement)


def test_a_tenants_session_has_its_role_and_its_schema_and_no_other(in_acme):
    assert session() == expected(in_acme)


FOREIGN = {
    "read another tenant's orders": 'SELECT * FROM "{globex}".orders_order',
    "write another tenant's orders": "UPDATE \"{globex}\".orders_order SET status = 'closed'",
    "read another tenant's users": 'SELECT * FROM "{globex}".accounts_user',
    "write another tenant's schedules": (
        'UPDATE "{globex}".django_celery_beat_periodictask SET enabled = false'
    ),
    "read the platform's staff": "SELECT * FROM public.accounts_user",
    "ask who lives at a host": "SELECT * FROM public.tenants_at_host('globex.localhost')",
    "take another tenant's host": "UPDATE public.tenants_domain SET tenant_id = 1",
    "write a firing": "DELETE FROM public.agenda_firing",
    "mark another schema": "INSERT INTO public.agenda_schedulechange VALUES (1, 'x', now())",
    "make a table": "CREATE TABLE mine (id int)",
    "make a schema": "CREATE SCHEMA mine",
    "drop its own orders' table": "DROP TABLE orders_order",
    "drop its own schema": 'DROP SCHEMA "{acme}" CASCADE',
    "empty its own table past the triggers": "TRUNCATE orders_order",
    "disable its own triggers": (
        "ALTER TABLE django_celery_beat_periodictask DISABLE TRIGGER USER"
    ),
    "loosen its own constraints": (
        "ALTER TABLE accounts_user DROP CONSTRAINT user_of_tenant_is_no_superuser"
    ),
    "rewrite its migrations": "DELETE FROM django_migrations",
    "make a role": "CREATE ROLE mine",
    "call beat's function": "SELECT public.agenda_mark_schema()",
}


@pytest.mark.parametrize("statement", FOREIGN.values(), ids=FOREIGN)
def test_what_is_not_the_tenants_is_refused_by_postgres(in_acme, globex, statement):
    refused(statement.format(acme=in_acme.schema_name, globex=globex.schema_name))


@pytest.mark.parametrize("statement", FOREIGN.values(), ids=FOREIGN)
def test_the_owner_of_the_tables_is_not_refused(acme, globex, statement):
    """So that no refusal above is owed to a statement that could never have worked."""
    statement = statement.format(acme=acme.schema_name, globex=globex.schema_name)

    with owner_rights(), tenant_context(acme):
        error = error_of(statement)

    assert "does not exist" not in error
    assert "permission denied" not in error


def error_of(statement):
    try:
        with transaction.atomic():
            sql(statement)
    except DatabaseError as error:
        return str(error)
    return ""


def undo_all(step):
    """Do something in a transaction or savepoint, and roll that back."""
    with contextlib.suppress(ZeroDivisionError), transaction.atomic():
        step()
        raise ZeroDivisionError


def test_the_role_is_back_after_a_rollback(in_acme):
    undo_all(lambda: Order.objects.count())

    assert session() == expected(in_acme)


def test_the_role_is_back_after_a_failed_statement_and_a_savepoint_rollback(in_acme):
    with transaction.atomic():
        with pytest.raises(ProgrammingError), transaction.atomic():
            sql("SELECT * FROM nothing_of_this_name")
        assert session() == expected(in_acme)


def test_a_role_that_was_set_in_a_savepoint_is_not_believed_after_its_rollback(acme, globex):
    def go_to_acme():
        enter_schema_of(acme)
        assert session() == expected(acme)
        enter_schema_of(acme)

    with tenant_context(globex):
        assert session() == expected(globex)
        undo_all(go_to_acme)

        assert session() == expected(acme)


def test_committing_a_failed_transaction_is_known_to_undo_the_role(acme):
    """Postgres answers such a COMMIT with a rollback. Outside the test's own transaction, so that
    there is one to commit."""
    own: Any = connections.create_connection("default")
    try:
        own.set_autocommit(False)
        own.set_tenant(acme)
        with contextlib.suppress(DatabaseError), own.cursor() as cursor:
            cursor.execute("SELECT * FROM nothing_of_this_name")
        own.commit()
        with own.cursor() as cursor:
            cursor.execute("SELECT current_user, current_schemas(false)")
            assert cursor.fetchone() == expected(acme)
    finally:
        own.rollback()
        own.close()


def test_a_temporary_table_does_not_stand_before_the_platforms(acme):
    sql("CREATE TEMPORARY TABLE tenants_tenant AS SELECT 1 AS id, 'stolen' AS slug")

    assert "stolen" not in Tenant.objects.values_list("slug", flat=True)


def test_going_from_tenant_to_tenant_and_back_is_always_right(acme, globex):
    for _ in range(3):
        for tenant in (acme, globex):
            with tenant_context(tenant):
                assert session() == expected(tenant)
                with schema_context("public"):
                    assert session()[1] == ["public"]
                    assert session()[0] == sql("SELECT session_user")[0][0]
                assert session() == expected(tenant)


def test_role_and_path_are_sent_once_however_many_statements_follow(in_acme, monkeypatch):
    Order.objects.count()
    sent: list = []
    monkeypatch.setattr(DatabaseWrapper, "enter", lambda *wanted: sent.append(wanted))

    for _ in range(5):
        Order.objects.count()

    assert sent == []


def test_a_schema_without_a_role_cannot_be_entered(db):
    with owner_rights():
        sql("CREATE SCHEMA t_roleless")

    with pytest.raises(DatabaseError, match='role "tb_'), transaction.atomic():
        with schema_context("t_roleless"):
            sql("SELECT 1")

    assert session()[1] == ["public"]


def test_the_owners_rights_end_with_the_block(in_acme):
    with owner_rights():
        assert session()[0] == sql("SELECT session_user")[0][0]

    assert session() == expected(in_acme)


def test_migrating_makes_the_roles_that_a_restore_left_behind(acme):
    with schema_context("public"):
        installation = installation_id()
    new = "ffffffff" if installation != "ffffffff" else "eeeeeeee"
    sql("UPDATE tenants_installation SET id = %s", new)

    make_groups()
    make_missing_roles()

    made = sql("SELECT count(*) FROM pg_roles WHERE rolname LIKE %s", f"tb\\_{new}\\_t\\_%")
    assert made[0][0] == Tenant.objects.customers().built().count()


def test_a_schema_that_lacks_a_table_keeps_no_other_from_its_role(acme, globex):
    with owner_rights(), schema_context(acme.schema_name):
        sql("DROP TABLE audit_entry")
    sql("UPDATE tenants_installation SET id = %s", "elsewher")
    make_groups()

    make_missing_roles()

    made = sql("SELECT rolname FROM pg_roles WHERE rolname LIKE %s", "tb\\_elsewher\\_t\\_%")
    assert made == [(role_name("elsewher", globex.schema_name),)]
