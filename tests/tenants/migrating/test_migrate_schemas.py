"""migrate_schemas touches only what is behind, and one tenant's failure is nobody else's."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django_tenants.utils import schema_context

from tenants.migrating.one import migrate_schema
from tenants.models import MigrationFailure
from tenants.postgresql.base import owner_rights
from tenants.postgresql.logins import execute
from tests.conftest import tenant
from tests.tenants.migrating.builders import APP, LAST, TABLE, has_table, set_back


def migrate(*arguments, **options):
    """Run the command; return what it says, and what it warns of."""
    out, err = StringIO(), StringIO()
    options = {"verbosity": 0, "stdout": out, "stderr": err} | options
    call_command("migrate_schemas", *arguments, **options)
    return out.getvalue(), err.getvalue()


@pytest.fixture
def migrated(monkeypatch):
    """The schemas that Django's `migrate` is run in."""
    names = []

    def note(schema_name, *arguments, **options):
        names.append(schema_name)
        return migrate_schema(schema_name, *arguments, **options)

    monkeypatch.setattr("tenants.migrating.patience.migrate_schema", note)
    return names


def test_who_is_up_to_date_is_left_alone(acme, globex, migrated):
    out, _ = migrate(verbosity=1)

    assert migrated == ["public"]
    assert "Tenants: 2 up to date, 0 migrated, 0 failed." in out


def test_who_is_behind_is_migrated_and_nobody_else(acme, globex, migrated):
    set_back(acme)

    out, _ = migrate(verbosity=1)

    assert migrated == ["public", acme.schema_name]
    assert "1 up to date, 1 migrated" in out
    assert has_table(acme)


def test_a_migration_that_was_stopped_before_its_permissions_is_finished(acme, globex, migrated):
    with owner_rights(), schema_context(acme.schema_name):
        execute("DELETE FROM auth_permission WHERE codename = 'add_runretention'")

    migrate()

    assert migrated == ["public", acme.schema_name]
    with schema_context(acme.schema_name):
        assert execute("SELECT 1 FROM auth_permission WHERE codename = 'add_runretention'")


def test_one_that_fails_is_set_aside_with_the_reason_and_the_others_go_on(acme, globex):
    set_back(acme)
    set_back(globex)
    with owner_rights(), schema_context(acme.schema_name):
        execute(f"CREATE TABLE {TABLE} ()")

    err = StringIO()
    with pytest.raises(CommandError, match="1 tenant could not be migrated and is set aside"):
        migrate(stderr=err)

    failure = MigrationFailure.objects.get()
    assert failure.tenant == acme
    assert f'relation "{TABLE}" already exists' in failure.reason
    assert f"{acme.schema_name}: ProgrammingError" in err.getvalue()
    assert has_table(globex)
    assert tenant(slug="acme").is_active


def test_the_next_run_tries_again_and_forgets_the_failure_when_it_is_mended(acme, globex, migrated):
    set_back(acme)
    with owner_rights(), schema_context(acme.schema_name):
        execute(f"CREATE TABLE {TABLE} ()")
    for attempts in (1, 2):
        with pytest.raises(CommandError):
            migrate()
        assert MigrationFailure.objects.get().attempts == attempts
    with owner_rights(), schema_context(acme.schema_name):
        execute(f"DROP TABLE {TABLE}")

    migrate()

    assert not MigrationFailure.objects.exists()
    assert globex.schema_name not in migrated


def test_a_schema_that_is_gone_is_set_aside(acme, globex):
    execute(f'ALTER SCHEMA "{acme.schema_name}" RENAME TO gone')

    with pytest.raises(CommandError, match="1 tenant"):
        migrate()

    assert MigrationFailure.objects.get().tenant == acme
    assert not execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", acme.schema_name)


def test_what_newer_code_applied_is_told_and_harms_nothing(acme, globex):
    for each in (acme, globex):
        with owner_rights(), schema_context(each.schema_name):
            execute(
                "INSERT INTO django_migrations (app, name, applied) "
                "VALUES ('orders', '9999_future', now()), ('gone', '0001_app', now())"
            )

    _, err = migrate()

    assert err.splitlines() == [
        "2 schemas have applied orders.9999_future, which this code does not know: "
        "newer code was here."
    ]


def test_one_tenant_may_be_named(acme, globex, migrated):
    set_back(acme)
    set_back(globex)

    migrate(schema_name=acme.schema_name)

    assert migrated == [acme.schema_name]
    assert (has_table(acme), has_table(globex)) == (True, False)


def test_an_app_and_a_migration_may_be_named_also_to_go_back(acme, globex, migrated):
    migrate(APP, "zero", tenant=True)

    assert migrated == [acme.schema_name, globex.schema_name]
    assert (has_table(acme), has_table(globex)) == (False, False)

    migrate(APP, tenant=True)

    assert (has_table(acme), has_table(globex)) == (True, True)


def test_faking_writes_what_was_applied_and_changes_nothing(acme, globex):
    set_back(acme)

    migrate(tenant=True, fake=True)

    assert not has_table(acme)
    with schema_context(acme.schema_name), owner_rights():
        assert execute("SELECT 1 FROM django_migrations WHERE app = %s", APP)


def test_a_plan_shows_what_is_missing_and_does_nothing(acme, globex, migrated):
    set_back(acme)

    out, _ = migrate(plan=True)

    assert f"{acme.schema_name}:" in out
    assert LAST in out
    assert globex.schema_name not in out
    assert not has_table(acme)


def test_a_check_fails_when_anything_is_missing(acme, globex):
    assert migrate(check_unapplied=True) == ("", "")
    set_back(acme)

    out = StringIO()
    with pytest.raises(SystemExit):
        migrate(check_unapplied=True, stdout=out)

    assert out.getvalue() == f"{acme.schema_name} lacks {LAST}\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"executor": "subprocess"}, "no executor 'subprocess'"),
        ({"database": "other"}, "no database 'other'"),
        ({"schema_name": "t_nobody"}, "no schema 't_nobody'"),
        ({"schema_name": "t_x", "shared": True}, "only be used with the --tenant"),
    ],
)
def test_what_is_not_offered_is_refused(acme, options, message):
    with pytest.raises(CommandError, match=message):
        migrate(**options)
