"""SQL as it would be injected into each kind of process, over a connection of that process's login."""

from contextlib import closing

import psycopg2
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from psycopg2.errors import InsufficientPrivilege

from tenants.management.commands import migrate_schemas
from tenants.postgresql.logins import KINDS, login_name, passwords
from tenants.postgresql.roles import installation_id, role_name

pytestmark = pytest.mark.django_db


def connect(kind, password=None):
    """Open a real connection with a process's login; the test's transaction is not seen by it."""
    login = login_name(installation_id(), kind)
    own = settings.DATABASES["default"]
    return closing(
        psycopg2.connect(
            dbname=own["NAME"],
            host=own["HOST"],
            port=own["PORT"],
            user=login,
            password=password or passwords(login)[0],
        )
    )


def attempt(kind, *statements):
    """Run the statements in one session and return the rows of the last."""
    with connect(kind) as session, session.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return cursor.fetchall() if cursor.description else None


@pytest.mark.parametrize("kind", KINDS)
def test_a_login_needs_its_password(kind):
    with pytest.raises(psycopg2.OperationalError, match="authentication failed"):
        connect(kind, password="another")


@pytest.mark.parametrize("kind", KINDS)
def test_a_login_is_nobody_special(kind):
    assert attempt(
        kind,
        "SELECT rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication "
        "FROM pg_roles WHERE rolname = current_user",
    ) == [(False,) * 5]


ANYBODYS = {
    "make a table": "CREATE TABLE public.mine (id int)",
    "make a schema": "CREATE SCHEMA mine",
    "make a role": "CREATE ROLE mine",
    "drop a table": "DROP TABLE public.agenda_firing",
    "drop a tenant": 'DROP SCHEMA "{acme}" CASCADE',
    "empty the ledger": "TRUNCATE public.agenda_firing",
    "switch row security off": "ALTER TABLE public.agenda_firing DISABLE ROW LEVEL SECURITY",
    "become the owner": "SET ROLE {owner}",
    "rewrite the migrations": "DELETE FROM public.django_migrations",
    "change the installation": "UPDATE public.tenants_installation SET id = 'x'",
    "write due slots' function": (
        "CREATE OR REPLACE FUNCTION public.tenants_id_of_role(role name) RETURNS bigint "
        "LANGUAGE sql AS 'SELECT 1'"
    ),
}
ONLY = {
    "web": {
        "read the staff": "SELECT * FROM public.accounts_user",
        "take another tenant's host": "UPDATE public.tenants_domain SET tenant_id = 1",
        "write the agenda": "DELETE FROM public.agenda_dueslot",
        "end an alarm": "UPDATE public.agenda_alarm SET recovered_at = now()",
        "read orders without a role": 'SELECT * FROM "{acme}".orders_order',
        "read schedules without a role": ('SELECT * FROM "{acme}".django_celery_beat_periodictask'),
    },
    "worker": {
        "read the staff": "SELECT * FROM public.accounts_user",
        "write due slots": "UPDATE public.agenda_dueslot SET due_at = now()",
        "make a firing another tenant's": "UPDATE public.agenda_firing SET tenant_id = 1",
        "make a firing another task's": "UPDATE public.agenda_firing SET task = 'x'",
        "delete a firing": "DELETE FROM public.agenda_firing",
        "resume a tenant": "UPDATE public.tenants_tenant SET state = 'active'",
        "read orders without a role": 'SELECT * FROM "{acme}".orders_order',
        "forget an alarm": "DELETE FROM public.agenda_alarm",
    },
    "beat": {
        "read orders": 'SELECT * FROM "{acme}".orders_order',
        "read people": 'SELECT * FROM "{acme}".accounts_user',
        "write a schedule": (
            'UPDATE "{acme}".django_celery_beat_periodictask SET total_run_count = 0'
        ),
        "become a tenant": "SET ROLE {role}",
        "settle a firing": "UPDATE public.agenda_firing SET outcome = 'succeeded'",
        "resume a tenant": "UPDATE public.tenants_tenant SET state = 'active'",
        "read the staff": "SELECT * FROM public.accounts_user",
        "end an alarm": "UPDATE public.agenda_alarm SET recovered_at = now()",
    },
    "platform": {
        "read orders": 'SELECT * FROM "{acme}".orders_order',
        "become a tenant": "SET ROLE {role}",
        "write the ledger": "DELETE FROM public.agenda_firing",
        "write due slots": "UPDATE public.agenda_dueslot SET due_at = now()",
        "end an alarm": "UPDATE public.agenda_alarm SET recovered_at = now()",
    },
}
ATTEMPTS = [
    pytest.param(kind, statement, id=f"{kind}: {what}")
    for kind in KINDS
    for what, statement in (ANYBODYS | ONLY[kind]).items()
]


@pytest.mark.parametrize(("kind", "statement"), ATTEMPTS)
def test_what_a_process_has_no_need_of_is_refused(kind, statement, acme):
    with pytest.raises(
        (InsufficientPrivilege, psycopg2.errors.UndefinedObject), match=r"denied|must"
    ):
        attempt(kind, filled(statement, acme))


def filled(statement, tenant):
    return statement.format(
        acme=tenant.schema_name,
        owner=settings.DATABASES["default"]["USER"],
        role=role_name(installation_id(), tenant.schema_name),
    )


@pytest.mark.parametrize(("kind", "statement"), ATTEMPTS)
def test_the_owner_is_not_refused(kind, statement, acme):
    """So that no refusal above is owed to a statement that could never have worked."""
    with connection.cursor() as cursor:
        cursor.execute(filled(statement, acme))


ALLOWED = {
    "web": ["SET ROLE {role}", 'SELECT count(*) FROM "{acme}".orders_order'],
    "worker": ["SET ROLE {role}", 'SELECT count(*) FROM "{acme}".orders_order'],
    "beat": ['SELECT count(*) FROM "{acme}".django_celery_beat_periodictask'],
    "platform": ["SELECT count(*) FROM public.accounts_user"],
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_process_needs_is_there(kind, acme):
    assert attempt(kind, *(filled(statement, acme) for statement in ALLOWED[kind]))


def test_the_web_login_cannot_list_tenants_but_asks_by_host(acme):
    assert attempt("web", "SELECT count(*) FROM public.tenants_tenant") == [(0,)]
    assert attempt("web", "SELECT slug FROM public.tenants_at_host('acme.localhost')") == [
        ("acme",)
    ]


def test_a_tenants_zone_is_changed_by_web_processes_alone(acme):
    change = f"SELECT * FROM public.tenants_change_zone({acme.pk}, 'UTC')"

    assert attempt("web", change) == [(acme.pk,)]
    for kind in ("worker", "beat"):
        with pytest.raises(InsufficientPrivilege):
            attempt(kind, change)


def test_a_login_that_may_not_create_roles_is_refused_in_one_line(stranger):
    with pytest.raises(CommandError, match="may not create roles") as refusal:
        call_command("migrate_schemas", verbosity=0)
    assert "\n" not in str(refusal.value)


def test_an_older_server_is_refused_in_one_line(monkeypatch):
    monkeypatch.setattr(migrate_schemas, "OLDEST_POSTGRES", 990000)

    with pytest.raises(CommandError, match=r"is too old: 15 or later is needed") as refusal:
        call_command("migrate_schemas", verbosity=0)
    assert "\n" not in str(refusal.value)


@pytest.fixture
def stranger():
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE stranger NOLOGIN")
        cursor.execute("GRANT stranger TO CURRENT_USER")
        cursor.execute("SET ROLE stranger")
        yield
        cursor.execute("RESET ROLE")
