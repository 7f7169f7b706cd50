"""An attacker inside a tenant who would like it to be forgotten what they did."""

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import ProgrammingError, connection, transaction
from django_tenants.utils import tenant_context

from tenants.audit.models import Entry
from tenants.postgresql.base import owner_rights
from tenants.postgresql.roles import installation_id, role_name, withhold_everywhere
from tests.people import owner_of

ERASING = {
    "delete what was done": "DELETE FROM audit_entry",
    "rewrite who did it": "UPDATE audit_entry SET actor = 'somebody else'",
    "empty the log": "TRUNCATE audit_entry",
    "drop the log": "DROP TABLE audit_entry",
    "lock it against new entries": "LOCK TABLE audit_entry IN EXCLUSIVE MODE",
    "have entries vanish": "CREATE RULE gone AS ON INSERT TO audit_entry DO INSTEAD NOTHING",
    "overwrite an entry": (
        "INSERT INTO audit_entry SELECT * FROM audit_entry "
        "ON CONFLICT (id) DO UPDATE SET actor = 'somebody else'"
    ),
    "read the other tenant's log": 'SELECT * FROM "{globex}".audit_entry',
    "write into the other tenant's log": 'INSERT INTO "{globex}".audit_entry SELECT * FROM audit_entry',
    "read the platform's log": "SELECT * FROM public.audit_entry",
}


def sql(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("statement", ERASING.values(), ids=ERASING)
def test_a_tenant_cannot_touch_what_is_written(acme, globex, statement):
    with tenant_context(acme):
        before = list(Entry.objects.values())
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
            with transaction.atomic():
                sql(statement.format(globex=globex.schema_name))

        assert list(Entry.objects.values()) == before
        assert before


def test_after_a_migration_that_gave_too_much_it_is_taken_again(acme, globex):
    grant(acme, "UPDATE, DELETE")
    assert may_erase(acme)

    withhold_everywhere()
    withhold_everywhere()

    assert not may_erase(acme)
    assert not may_erase(globex)


def test_migrating_takes_it_again(acme):
    grant(acme, "DELETE")

    call_command("migrate_schemas", "--shared", verbosity=0)

    assert not may_erase(acme)


def grant(tenant, what):
    role = role_name(installation_id(), tenant.schema_name)
    with owner_rights(), tenant_context(tenant):
        sql(f'GRANT {what} ON audit_entry TO "{role}"')


def may_erase(tenant):
    with tenant_context(tenant), connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege('audit_entry', 'UPDATE, DELETE, TRUNCATE')")
        return cursor.fetchone()[0]


def test_a_forged_address_is_not_believed(acme):
    client = owner_of("acme")
    headers = {
        "X-Forwarded-For": "203.0.113.9",
        "X-Real-IP": "203.0.113.9",
        "X-Forwarded-Port": "1",
    }

    client.post(
        "/admin/accounts/user/add/",
        {"email": "bob@acme.test", "role": "viewer", "language": "en"},
        headers=headers,
    )

    with tenant_context(acme):
        assert Entry.objects.latest("pk").address == "127.0.0.1"


def test_what_is_written_into_a_name_is_text_on_the_page(acme):
    client = owner_of("acme")
    person = {"email": "bob@acme.test", "role": "viewer", "language": "en"}
    client.post("/admin/accounts/user/add/", person | {"full_name": "<script>alert(1)</script>"})

    assert "<script>alert" not in client.get("/admin/audit/entry/").text


def test_auditlogs_own_middleware_which_believes_everybody_is_not_used():
    assert not any(name.startswith("auditlog.") for name in settings.MIDDLEWARE)


def test_no_hash_of_a_password_is_in_any_log(acme):
    with tenant_context(acme):
        assert not Entry.objects.filter(changes__icontains="md5$").exists()
        assert Entry.objects.filter(changes__password__isnull=False).exists()
