"""A tenant from the blueprint and one that was migrated are the same, to the letter."""

import re

from django_tenants.utils import tenant_context

from orders.models import Order
from tenants.blueprint.portrait import portrait_of
from tests.conftest import NOON
from tests.tenants.blueprint.dumps import dump_of, timeless


def test_pg_dump_tells_no_difference_between_the_two(twins):
    copied, migrated = (timeless(dump_of(tenant.schema_name)) for tenant in twins)

    assert copied == migrated
    for part in (
        "CREATE TABLE",
        "CREATE INDEX",
        "ADD CONSTRAINT",
        "CREATE TRIGGER",
        "GRANT",
        "setval",
    ):
        assert part in copied


def test_only_users_runs_and_the_record_of_migrations_have_instants_of_their_own(twins):
    """Nothing that a migration wrote is dated by the day the blueprint was made."""
    lines = dump_of(twins[0].schema_name).splitlines()

    dated = {
        line.split()[2] for line in lines if line.startswith("INSERT") and timeless(line) != line
    }
    assert dated == {
        f"SCHEMA.{table}"
        for table in (
            "accounts_user",
            "audit_entry",
            "django_celery_beat_periodictask",
            "django_migrations",
            "scheduling_seededschedule",
        )
    }


def test_the_catalogue_tells_no_difference_either(twins, db):
    copied, migrated = (
        [line for line in portrait_of(tenant.schema_name) if not line.startswith("row")]
        for tenant in twins
    )

    assert copied == migrated
    assert len(copied) > 1000


def test_a_migration_counts_as_applied_when_the_schema_was_made(twins):
    copied, _migrated = (dump_of(tenant.schema_name) for tenant in twins)

    instants = re.findall(r"django_migrations VALUES .*'(.*)'\)", copied)
    users = re.findall(r"accounts_user VALUES .*?'(\d{4}-\d\d-\d\d \d\d:\d\d)", copied)
    assert len(set(instants)) == 1
    assert instants[0][:16] == users[0]


def test_each_counts_its_own_rows_on_from_the_same_number(twins, db):
    numbers = []
    for tenant in twins:
        with tenant_context(tenant):
            numbers.append(
                Order.objects.create(
                    number="A1", placed_at=NOON, status_changed_at=NOON, total=1, currency="EUR"
                ).pk
            )

    assert numbers == [1, 1]
