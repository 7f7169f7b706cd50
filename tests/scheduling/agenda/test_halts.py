"""A tenant whose schema hinders its runs is left alone until it is repaired, and no other is."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django_tenants.utils import schema_context, tenant_context

from scheduling.agenda import ledger
from scheduling.agenda.clock import database_now
from scheduling.agenda.halts import Hindered, halt, pause_after
from scheduling.agenda.models import Firing, TenantIndex
from scheduling.claiming import prove_path
from scheduling.tasks import record_verdict
from tenants.postgresql.roles import installation_id, role_name
from tests.conftest import NOON
from tests.scheduling import sample_tasks
from tests.scheduling.builders import make_firing
from tests.scheduling.delivery import deliver, orders_of, plan, refused, runs_of

SECOND = timedelta(seconds=1)

#: How a schema is broken, how that is repaired, and what is said meanwhile.
BREAKAGES = {
    "no table of orders": (
        'ALTER TABLE "{schema}".orders_order RENAME TO gone',
        'ALTER TABLE "{schema}".gone RENAME TO orders_order',
        'relation "orders_order" does not exist',
    ),
    "no table of runs": (
        'ALTER TABLE "{schema}".scheduling_run RENAME TO gone',
        'ALTER TABLE "{schema}".gone RENAME TO scheduling_run',
        'relation "scheduling_run" does not exist',
    ),
    "no table of schedules": (
        'ALTER TABLE "{schema}".django_celery_beat_periodictask RENAME TO gone',
        'ALTER TABLE "{schema}".gone RENAME TO django_celery_beat_periodictask',
        'relation "django_celery_beat_periodictask" does not exist',
    ),
    "no column": (
        'ALTER TABLE "{schema}".orders_order RENAME COLUMN customer TO gone',
        'ALTER TABLE "{schema}".orders_order RENAME COLUMN gone TO customer',
        'column "customer" of relation "orders_order" does not exist',
    ),
    "no rights to tables": (
        'REVOKE ALL ON ALL TABLES IN SCHEMA "{schema}" FROM "{role}"',
        'GRANT ALL ON ALL TABLES IN SCHEMA "{schema}" TO "{role}"',
        "permission denied for table",
    ),
    "no right to the schema": (
        'REVOKE USAGE ON SCHEMA "{schema}" FROM "{role}"',
        'GRANT USAGE ON SCHEMA "{schema}" TO "{role}"',
        "is gone, or its role may not use it",
    ),
    "no schema": (
        'ALTER SCHEMA "{schema}" RENAME TO gone',
        'ALTER SCHEMA gone RENAME TO "{schema}"',
        "is gone, or its role may not use it",
    ),
}


@pytest.fixture(params=[*BREAKAGES.values()], ids=[*BREAKAGES])
def breakage(request, acme):
    """How acme's schema is broken, how it is repaired and what its staff is told."""
    names = {"schema": acme.schema_name, "role": role_name(installation_id(), acme.schema_name)}
    statement, repair, told = request.param
    return statement.format(**names), repair.format(**names), told


def execute(statement):
    with schema_context("public"), connection.cursor() as cursor:
        cursor.execute(statement)


def index_of(tenant):
    return TenantIndex.objects.get(tenant=tenant)


def halted(tenant, seconds=60, **fields):
    """Have a tenant be halted for some seconds from now."""
    until = database_now() + seconds * SECOND
    found = {"trouble": "no such table", "halts": 1, "halted_until": until} | fields
    TenantIndex.objects.update_or_create(tenant=tenant, defaults=found)


def let_halt_end(tenant):
    TenantIndex.objects.filter(tenant=tenant).update(halted_until=NOON)
    Firing.objects.filter(tenant=tenant).update(publish_at=NOON)


def left(firing):
    """Return for how many seconds a firing is put off."""
    firing.refresh_from_db()
    return round((firing.publish_at - database_now()) / SECOND)


def test_a_broken_schema_halts_its_tenant_and_says_why(acme, globex, breakage):
    statement, _, told = breakage
    firing = plan(acme, sample_tasks.single)
    execute(statement)

    deliver(sample_tasks.single, firing)

    index = index_of(acme)
    firing.refresh_from_db()
    assert told in index.trouble
    assert (firing.state, firing.error) == ("planned", index.trouble)
    assert (left(firing), index.halts) == (10, 1)
    assert index_of(globex).trouble == ""


def test_a_repaired_tenant_comes_back_and_has_lost_nothing(acme, breakage):
    statement, repair, _ = breakage
    firing = plan(acme, sample_tasks.single)
    execute(statement)
    deliver(sample_tasks.single, firing)

    execute(repair)
    let_halt_end(acme)
    deliver(sample_tasks.single, firing)

    assert [(run.state, run.error) for run in runs_of(acme)] == [("succeeded", "")]
    index = index_of(acme)
    assert (index.trouble, index.halts, index.halted_until) == ("", 0, None)


@pytest.mark.parametrize("breakage", [BREAKAGES["no table of runs"]], indirect=True)
def test_a_verdict_that_cannot_be_written_halts_too_and_is_written_later(acme, breakage):
    statement, repair, told = breakage
    firing = make_firing(acme, NOON, verdict="missed", error="nobody was there")
    execute(statement)
    deliver(record_verdict, firing)
    assert told in index_of(acme).trouble

    execute(repair)
    let_halt_end(acme)
    deliver(record_verdict, firing)

    assert [(run.state, run.error) for run in runs_of(acme)] == [("missed", "nobody was there")]
    assert index_of(acme).trouble == ""
    firing.refresh_from_db()
    assert (firing.state, firing.outcome) == ("settled", "missed")


def test_a_role_that_is_gone_is_a_hindrance_too(acme):
    firing = plan(acme, sample_tasks.single)
    execute(f'ALTER ROLE "{role_name(installation_id(), acme.schema_name)}" RENAME TO gone')

    with transaction.atomic():
        with tenant_context(acme), pytest.raises(Hindered, match=r"role .* does not exist"):
            prove_path(firing)
        transaction.set_rollback(True)


def test_an_error_of_the_body_halts_nobody(acme):
    firing = plan(acme, sample_tasks.failing)

    deliver(sample_tasks.failing, firing)

    assert index_of(acme).halts == 0
    assert [run.retries for run in runs_of(acme)] == [1]


def test_what_hinders_a_run_is_not_counted_as_its_retry(acme):
    firing = plan(acme, sample_tasks.single)
    for _ in range(9):
        ledger.begin(firing)
        halt(firing, "no such table")
        let_halt_end(acme)
        firing.refresh_from_db()

    deliver(sample_tasks.single, firing)

    assert [(run.state, run.retries) for run in runs_of(acme)] == [("succeeded", 0)]


def test_pauses_grow_to_five_minutes():
    assert [pause_after(halts) / SECOND for halts in (0, 1, 2, 4, 5, 99)] == [
        10,
        20,
        40,
        160,
        300,
        300,
    ]


def test_the_other_firings_of_a_halted_tenant_wait_for_its_end(acme, globex):
    mine, others = plan(acme, sample_tasks.single), plan(globex, sample_tasks.single)
    halted(acme, seconds=60)

    deliver(sample_tasks.single, mine)
    deliver(sample_tasks.single, others)

    mine.refresh_from_db()
    assert (mine.state, mine.attempts) == ("planned", 0)
    assert mine.error == "Another run was hindered: no such table"
    assert left(mine) == 60
    assert orders_of(acme) == set()
    assert len(orders_of(globex)) == 1


def test_what_a_worker_is_at_is_not_taken_from_it_by_a_duplicate(acme):
    firing = plan(acme, sample_tasks.single)
    ledger.begin(firing)
    halted(acme)

    deliver(sample_tasks.single, firing)

    firing.refresh_from_db()
    assert firing.state == "started"
    assert firing.leased_until


def test_a_run_that_waits_for_its_retry_is_not_hastened_by_a_halt(acme):
    firing = make_firing(acme, NOON, publish_at=database_now() + 600 * SECOND)
    halted(acme, seconds=10)

    assert not ledger.begin(ledger.find(firing.pk))

    assert left(firing) == 600


def test_of_a_tenant_that_was_halted_one_firing_is_tried_at_a_time(acme):
    halted(acme, seconds=-1)
    first, second = (ledger.find(make_firing(acme, NOON, number).pk) for number in (1, 2))

    assert ledger.begin(first)
    assert not ledger.begin(second)

    second.refresh_from_db()
    assert second.state == "planned"
    assert left(second) == 5


def test_two_that_were_hindered_at_the_same_time_count_once(acme):
    firings = [ledger.find(make_firing(acme, NOON, number).pk) for number in (1, 2)]

    for firing in firings:
        halt(firing, "no such table")

    assert index_of(acme).halts == 1
    assert {left(firing) for firing in firings} == {10}


def test_a_firing_that_alone_is_hindered_again_and_again_waits_longer(acme):
    """Other runs of its tenant come through and end each halt."""
    firing = ledger.find(make_firing(acme, NOON, publications=4).pk)

    halt(firing, "no such table")

    assert left(firing) == 80
    assert index_of(acme).halted_until - database_now() <= 10 * SECOND


def test_staff_are_told_until_nothing_waits_that_met_with_the_trouble(acme):
    """Another task, which needs other tables, comes through meanwhile."""
    hindered, waiting, well = (
        plan(acme, sample_tasks.single, name=name) for name in ("hindered", "waiting", "well")
    )
    ledger.begin(hindered)
    halt(ledger.find(hindered.pk), "no such table")
    deliver(sample_tasks.single, waiting)
    let_halt_end(acme)

    deliver(sample_tasks.single, well)
    index = index_of(acme)
    assert (index.trouble, index.halts, index.halted_until) == ("no such table", 0, None)

    deliver(sample_tasks.single, hindered)
    assert index_of(acme).trouble == ""


def test_what_met_with_the_trouble_itself_goes_on_saying_so(acme):
    firing = plan(acme, sample_tasks.single)
    halt(ledger.find(firing.pk), "no such table")
    Firing.objects.update(publish_at=NOON)

    deliver(sample_tasks.single, firing)

    firing.refresh_from_db()
    assert firing.error == "no such table"


def test_a_verdict_that_is_written_down_leaves_the_next_try_to_the_next_one(acme):
    """It needs no table of orders, say; a run that does still waits."""
    halted(acme, seconds=-1, halts=3)
    waiting = make_firing(acme, NOON, error="no such table")

    deliver(record_verdict, make_firing(acme, NOON, 2, verdict="skipped"))

    index = index_of(acme)
    assert (index.trouble, index.halts) == ("no such table", 3)
    assert index.halted_until <= database_now()
    assert ledger.begin(ledger.find(waiting.pk))


def test_a_verdict_does_not_shorten_a_halt_that_came_meanwhile(acme):
    halted(acme, seconds=-1)
    make_firing(acme, NOON, error="no such table")
    verdict = make_firing(acme, NOON, 2, verdict="skipped")
    begun = ledger.find(verdict.pk)
    ledger.begin(begun)
    halted(acme, seconds=60)

    ledger.settle(begun, ledger.Outcome("skipped"))

    assert index_of(acme).halted_until > database_now() + 50 * SECOND


def test_a_suspended_tenants_firing_is_settled_though_its_schema_is_broken(acme):
    firing = plan(acme, sample_tasks.single)
    type(acme).objects.filter(pk=acme.pk).update(state="suspended")
    execute(f'ALTER TABLE "{acme.schema_name}".scheduling_run RENAME TO gone')

    refused(sample_tasks.single, firing, acme)

    firing.refresh_from_db()
    assert (firing.state, firing.outcome) == ("settled", "suspended")
