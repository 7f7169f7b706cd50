"""Partitioned, the ledger is still the table that Django, beat, workers and tenants know."""

import re
from datetime import datetime
from importlib import import_module

import pytest
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection, migrations, models, transaction
from django.db.migrations.state import ProjectState
from django_tenants.utils import tenant_context

from scheduling.agenda.dispatch import publish_planned
from scheduling.agenda.locking import execute
from scheduling.agenda.models import Firing
from scheduling.agenda.partitions import make_partitions, partitioned_days
from tenants.postgresql.logins import KINDS, login_name
from tenants.postgresql.roles import installation_id, role_name
from tests.scheduling.agenda.partitioned import DAY, LONG_AGO, places, settle_constraints
from tests.scheduling.builders import make_firing

MIGRATION = import_module("scheduling.agenda.migrations.0013_partition_the_ledger")
WHAT_DJANGO_KNOWS = [index.name for index in Firing._meta.indexes] + [
    constraint.name for constraint in Firing._meta.constraints
]


def description():
    """Return everything that stands on the ledger, as Postgres says it."""
    found = [row for query in MIGRATION.WHAT_STANDS_ON_IT for (row,) in execute(query)]
    return sorted(found)


def everything():
    """Return what stands on the ledger and in it.

    Without the casts, which Postgres writes in other places once it has read its own text.
    """
    said = [re.sub(r"::(text|character varying)(\[\])?|[()]", "", text) for text in description()]
    return said, list(Firing.objects.order_by("pk").values())


def run(step):
    with connection.schema_editor(atomic=False) as editor:
        step(apps, editor)


def kind_of_table():
    return execute("SELECT relkind::text FROM pg_class WHERE oid = 'agenda_firing'::regclass")[0][0]


# The migration ---------------------------------------------------------------------------------
def test_it_goes_back_and_forth_and_nothing_is_lost_on_the_way(acme, globex):
    make_partitions(LONG_AGO)
    for tenant in (acme, globex):
        for days in (0, 1, 400):
            make_firing(tenant, LONG_AGO - days * DAY)
    settle_constraints()
    before = everything()

    run(MIGRATION.put_together)
    assert kind_of_table() == "r"
    assert everything() == before

    run(MIGRATION.partition)
    assert kind_of_table() == "p"
    assert everything() == before


def test_it_keeps_rights_policies_triggers_and_names(db):
    standing = "\n".join(description())

    assert all(name in standing for name in WHAT_DJANGO_KNOWS)
    for word in (
        "agenda_refuse_flood",
        "agenda_firings_have_tenants",
        "own firing by hand",
        "all rows",
    ):
        assert word in standing
    beat = login_name(installation_id(), "beat")
    assert f"GRANT UPDATE (state) ON public.agenda_firing TO {beat}" in standing


def test_every_partition_has_the_keys_of_the_ledger(db):
    keys = {
        key
        for (key,) in execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = 'ledger.firing_default'::regclass AND contype IN ('p', 'u')"
        )
    }

    assert keys == {
        "PRIMARY KEY (id, slot_at)",
        "UNIQUE (tenant_id, periodic_task_id, slot_at)",
    }


INDEX = models.Index(fields=["outcome"], name="firing_by_outcome")
UNIQUE = models.UniqueConstraint(fields=["task", "id", "slot_at"], name="firing_odd")
LATER_MIGRATIONS = {
    "add an index": [migrations.AddIndex("firing", INDEX)],
    "remove an index": [migrations.RemoveIndex("firing", "firing_to_publish")],
    "rename an index": [
        migrations.RenameIndex("firing", new_name="firing_newest", old_name="firing_newest_settled")
    ],
    "add and remove a constraint": [
        migrations.AddConstraint("firing", UNIQUE),
        migrations.RemoveConstraint("firing", "firing_odd"),
    ],
    "remove a constraint": [migrations.RemoveConstraint("firing", "firing_is_unique_per_slot")],
    "add a column": [migrations.AddField("firing", "word", models.TextField(default="x"))],
    "alter a column": [migrations.AlterField("firing", "task", models.CharField(max_length=400))],
}


@pytest.mark.parametrize("operations", LATER_MIGRATIONS.values(), ids=LATER_MIGRATIONS)
def test_later_migrations_go_forth_and_back(db, operations):
    before = description()
    states = [ProjectState.from_apps(apps)]
    with connection.schema_editor(atomic=False) as editor:
        for operation in operations:
            states.append(states[-1].clone())
            operation.state_forwards("agenda", states[-1])
            operation.database_forwards("agenda", editor, states[-2], states[-1])
        for operation, after, earlier in zip(
            reversed(operations), reversed(states), reversed(states[:-1]), strict=False
        ):
            operation.database_backwards("agenda", editor, after, earlier)

    assert description() == before


# Statements ------------------------------------------------------------------------------------
def test_firings_of_several_partitions_are_published_oldest_first(acme, globex):
    make_partitions(LONG_AGO)
    for days, tenant in ((1, acme), (0, globex), (400, acme), (-1, globex)):
        make_firing(tenant, LONG_AGO - days * DAY)
    sent: list = []

    def publish(firings):
        sent.extend(datetime.fromisoformat(firing.slot_at) for firing in firings)
        return len(firings)

    later = LONG_AGO + 2 * DAY
    assert [publish_planned(publish, later, limit=3) for _ in range(2)] == [3, 1]
    assert sent == [LONG_AGO + days * DAY for days in (-400, -1, 0, 1)]
    assert set(Firing.objects.values_list("state", flat=True)) == {"published"}


def test_the_same_firing_again_is_passed_over_in_every_partition(acme):
    make_partitions(LONG_AGO)
    firings = [make_firing(acme, LONG_AGO - days * DAY, error="first") for days in (0, 400)]

    Firing.objects.bulk_create(
        [Firing(**{**row, "error": "second"}) for row in Firing.objects.values()],
        ignore_conflicts=True,
    )

    assert Firing.objects.count() == len(firings)
    assert set(Firing.objects.values_list("error", flat=True)) == {"first"}


def test_an_update_returns_what_it_changed_whatever_the_partition(acme):
    make_partitions(LONG_AGO)
    for days in (0, 1, 400):
        make_firing(acme, LONG_AGO - days * DAY)

    returned = execute("UPDATE agenda_firing SET state = 'started' RETURNING slot_at, state")

    assert sorted(returned) == [(LONG_AGO - days * DAY, "started") for days in (400, 1, 0)]


# Walls -----------------------------------------------------------------------------------------
def test_a_tenant_sees_its_own_rows_of_every_partition(acme, globex):
    make_partitions(LONG_AGO)
    for tenant in (acme, globex):
        for days in (0, 400):
            make_firing(tenant, LONG_AGO - days * DAY)

    for tenant in (acme, globex):
        with tenant_context(tenant):
            seen = execute("SELECT tenant_id, tableoid::regclass::text FROM public.agenda_firing")
            assert {tenant_id for tenant_id, _place in seen} == {tenant.pk}
            assert len({place for _tenant, place in seen}) == 2


def all_partitions():
    return execute(
        "SELECT oid::regclass::text FROM pg_class WHERE relispartition AND relkind = 'r'"
    )


@pytest.mark.parametrize("privilege", ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"])
def test_nobody_but_the_owner_gets_at_a_partition_itself(acme, privilege):
    make_partitions(LONG_AGO)
    installation = installation_id()
    roles = [login_name(installation, kind) for kind in KINDS]
    roles.append(role_name(installation, acme.schema_name))

    assert len(all_partitions()) == len(partitioned_days()) + 1
    for role in roles:
        assert execute("SELECT has_schema_privilege(%s, 'ledger', 'USAGE')", role) == [(False,)]
        for (partition,) in all_partitions():
            asked = execute("SELECT has_table_privilege(%s, %s, %s)", role, partition, privilege)
            assert asked == [(False,)]


@pytest.mark.parametrize("partition", ["firing_default", "firing_20200301"])
def test_a_tenants_sql_is_refused_at_a_partition(acme, partition):
    make_partitions(LONG_AGO)

    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        with tenant_context(acme):
            execute(f"SELECT * FROM ledger.{partition}")


def test_who_owns_the_ledger_owns_its_partitions(db):
    owners = execute(
        "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'ledger'"
        " OR tablename = 'agenda_firing'"
    )

    assert owners == [(settings.DATABASES["default"]["USER"],)]


def test_a_firing_finds_its_partition_again_after_a_round_trip(acme):
    make_firing(acme, LONG_AGO)
    settle_constraints()

    run(MIGRATION.put_together)
    run(MIGRATION.partition)
    make_partitions(LONG_AGO)

    assert places() == ["ledger.firing_20200301"]
