"""The blueprint belongs to the code it was made by; any other is refused, and made anew."""

import threading
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.db import connection
from django_celery_beat.models import PeriodicTask
from django_tenants.utils import tenant_context

from tenants.blueprint import building, fingerprint, making
from tenants.blueprint.making import Unfit, current_blueprint, ensure_blueprint, make_blueprint
from tenants.blueprint.reading import PLACEHOLDER
from tenants.models import Blueprint
from tenants.postgresql.logins import execute
from tenants.provisioning import Order, provision


@pytest.fixture
def newer_code(db, monkeypatch):
    """Have this be other code than that which made the blueprint."""
    monkeypatch.setattr(fingerprint, "fingerprint_of_code", lambda: "newer")


def test_migrating_left_a_blueprint_that_is_fit_for_use(db):
    assert current_blueprint().refusal == ""
    assert making.proven_statements() == current_blueprint().statements


def test_tenants_are_made_from_it_and_not_migrated(db, monkeypatch):
    monkeypatch.setattr(building, "migrate_from_nothing", never)

    tenant = provision(Order("initech", "Initech")).tenant

    with tenant_context(tenant):
        assert PeriodicTask.objects.count() == 1


def never(*_arguments):
    raise AssertionError("this must not happen")


def test_a_blueprint_of_other_code_is_refused(newer_code, monkeypatch):
    assert Blueprint.objects.exists()
    assert current_blueprint() is None

    monkeypatch.setattr(building, "build_from", never)
    tenant = provision(Order("initech", "Initech")).tenant

    assert tenant.is_active


@pytest.mark.parametrize(
    ("part", "other"),
    [
        ("permissions_of", lambda config: [f"{config.label} can fly"]),
        ("text_of", lambda migration: migration.name.upper()),
    ],
)
def test_other_migrations_or_permissions_make_it_stale(db, monkeypatch, part, other):
    fresh = fingerprint.fingerprint_of_code.__wrapped__
    assert fresh() == fingerprint.fingerprint_of_code()

    monkeypatch.setattr(fingerprint, part, other)

    assert fresh() != fingerprint.fingerprint_of_code()


def test_the_sql_that_a_migration_took_from_another_module_counts(db):
    module = import_module("scheduling.migrations.0002_mark_tenant_schedules")
    migration = module.Migration("0002_mark_tenant_schedules", "scheduling")

    assert "CREATE TRIGGER agenda_mark_schema" in fingerprint.text_of(migration)


def test_another_postgres_makes_it_stale(db, monkeypatch):
    before = fingerprint.current_fingerprint()

    monkeypatch.setattr(fingerprint, "connection", SimpleNamespace(pg_version=150004))

    assert fingerprint.current_fingerprint() != before


def test_provisioning_makes_a_stale_one_anew_once_however_many_begin(newer_code, monkeypatch):
    """In sessions of their own, for in a transaction none is made."""
    once = iter([Blueprint.objects.first().statements])
    barrier = threading.Barrier(3)
    monkeypatch.setattr(making, "proven_statements", lambda: next(once))

    def begin(_number):
        barrier.wait()
        try:
            return ensure_blueprint().pk
        finally:
            connection.close()

    try:
        with ThreadPoolExecutor(3) as pool:
            found = list(pool.map(begin, range(3)))
    finally:
        in_a_session_of_its_own(lambda: Blueprint.objects.filter(pk__in=found).delete())
    assert found == [fingerprint.current_fingerprint()] * 3
    assert list(once) == []


def in_a_session_of_its_own(work):
    def act():
        work()
        connection.close()

    thread = threading.Thread(target=act)
    thread.start()
    thread.join()


@pytest.fixture
def migrations_write(db, monkeypatch):
    """Have all migrations together be one table, with a row that says what the given SQL says."""

    def write(value):
        def migrate(schema_name):
            execute(f"CREATE SCHEMA {schema_name}")
            execute(f"CREATE TABLE {schema_name}.seeded (id int PRIMARY KEY, what text)")
            execute(f"INSERT INTO {schema_name}.seeded SELECT 7, {value.format(schema_name)}")

        monkeypatch.setattr(making, "migrate_from_nothing", migrate)

    return write


def test_rows_that_a_migration_writes_are_part_of_it(migrations_write):
    migrations_write("'the same everywhere'")

    assert "('7', 'the same everywhere')" in making.proven_statements()


def test_a_row_that_names_its_schema_names_the_new_one(migrations_write):
    migrations_write("'{}.orders'")

    assert f"'{PLACEHOLDER}.orders'" in making.proven_statements()


@pytest.mark.parametrize("value", ["clock_timestamp()", "random()", "md5('{}')"])
def test_what_differs_between_two_migrated_schemas_is_not_copied(migrations_write, value):
    migrations_write(value)

    with pytest.raises(Unfit, match=r"two migrated schemas differ: .*row of .*seeded: 1"):
        making.proven_statements()


def test_where_none_can_be_made_the_reason_is_kept_and_tenants_are_migrated(
    newer_code, migrations_write
):
    migrations_write("random()")

    blueprint = make_blueprint()

    assert "two migrated schemas differ" in blueprint.refusal
    assert blueprint.statements == ""
    assert provision(Order("initech", "Initech")).tenant.is_active


def test_a_copy_that_is_not_the_same_is_refused(migrations_write, monkeypatch):
    migrations_write("'x'")
    monkeypatch.setattr(making, "statements_of", lambda name: f"CREATE SCHEMA {PLACEHOLDER}")

    with pytest.raises(Unfit, match=r"a copy differs from a migrated schema: .*seeded"):
        making.proven_statements()


def test_blueprints_of_earlier_code_are_kept_for_processes_that_still_run_it(
    newer_code, monkeypatch
):
    own = Blueprint.objects.get()
    monkeypatch.setattr(making, "proven_statements", lambda: own.statements)
    for version in range(making.KEPT):
        assert Blueprint.objects.filter(pk=own.pk).exists()
        monkeypatch.setattr(fingerprint, "fingerprint_of_code", lambda v=version: f"newer {v}")
        make_blueprint()

    assert Blueprint.objects.count() == making.KEPT
    assert not Blueprint.objects.filter(pk=own.pk).exists()


@pytest.mark.parametrize("name", ["public", "t_x; DROP SCHEMA public", 't_"x', "T_X", "t_é", ""])
def test_nothing_but_a_schema_name_of_ours_gets_into_the_sql(db, name):
    with pytest.raises(ValueError, match="no name of a tenant's schema"):
        building.make_schema(name)
