"""SQL in a tenant's role against the platform's tables: only the tenant's own rows are there."""

import uuid

import pytest
from django.db import DatabaseError, connection, transaction
from django_tenants.utils import tenant_context

from scheduling.agenda.manual import plan_manual
from scheduling.agenda.models import Alarm, DueSlot, Firing
from tenants.models import Domain, Tenant
from tenants.schema import shared_tables
from tests.conftest import NOON
from tests.scheduling.builders import make_alarm, reindex_at


def in_role_of(tenant, statement, *parameters):
    with tenant_context(tenant), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else None


@pytest.fixture
def both_due(acme, globex):
    for tenant in (acme, globex):
        reindex_at(tenant.schema_name, NOON)
        plan_manual(tenant, 1, "orders.tasks.auto_close_old_orders")
        make_alarm(tenant)
    return acme, globex


OWN = {
    "tenants_tenant": "SELECT id FROM public.tenants_tenant",
    "tenants_domain": "SELECT DISTINCT tenant_id FROM public.tenants_domain",
    "agenda_dueslot": "SELECT DISTINCT tenant_id FROM public.agenda_dueslot",
    "agenda_firing": "SELECT DISTINCT tenant_id FROM public.agenda_firing",
    "agenda_alarm": "SELECT DISTINCT tenant_id FROM public.agenda_alarm",
}


@pytest.mark.parametrize("statement", OWN.values(), ids=OWN)
def test_a_tenant_sees_its_own_rows_alone(both_due, statement):
    for tenant in both_due:
        assert in_role_of(tenant, statement) == [(tenant.pk,)]


def test_a_query_that_forgets_to_name_the_tenant_still_sees_its_own_alone(both_due):
    acme, _globex = both_due

    with shared_tables(acme):
        seen = [
            {slot.tenant_id for slot in DueSlot.objects.all()},
            {firing.tenant_id for firing in Firing.objects.all()},
            {alarm.tenant_id for alarm in Alarm.objects.all()},
            {domain.tenant_id for domain in Domain.objects.all()},
            {tenant.pk for tenant in Tenant.objects.all()},
        ]

    assert seen == [{acme.pk}] * 5


PLAN = """
    INSERT INTO public.agenda_firing
        (tenant_id, state, trigger, id, periodic_task_id, task, slot_at, planned_at, outcome, error)
    VALUES (%s, %s, %s, coalesce(%s, gen_random_uuid()), 7, 'orders.tasks.x', now(), now(), '', '')
"""


def plan(own, tenant_id, state="planned", trigger="manual", firing_id=None):
    """Plan a firing in the role of `own`, as SQL injected into its pages would."""
    in_role_of(own, PLAN, tenant_id, state, trigger, firing_id)


def test_a_tenant_plans_firings_of_its_own_by_hand(acme):
    plan(acme, acme.pk)

    assert Firing.objects.get(periodic_task_id=7).tenant == acme


@pytest.mark.parametrize(
    ("state", "trigger"), [("settled", "manual"), ("published", "manual"), ("planned", "schedule")]
)
def test_a_tenant_cannot_write_what_beat_writes(acme, state, trigger):
    with pytest.raises(DatabaseError, match="row-level security"):
        plan(acme, acme.pk, state, trigger)


def test_a_tenant_cannot_take_the_id_of_anothers_firing_to_come(both_due):
    acme, globex = both_due
    slot = DueSlot.objects.filter(tenant=globex).first()
    theirs = Firing.id_of(globex.pk, slot.periodic_task_id, slot.due_at)

    with pytest.raises(DatabaseError, match="row-level security"):
        plan(acme, acme.pk, firing_id=str(theirs))


FIRING = """
    INSERT INTO public.agenda_firing (id, tenant_id, periodic_task_id, task, slot_at, state, trigger,
        planned_at, started_at, outcome, error)
    VALUES ({id}, %s, 7, 'x', {at}, 'planned', 'manual', {at}, {started_at}, '', '')
"""
NEW_FIRING = {"id": "gen_random_uuid()", "at": "now()", "started_at": "NULL"}


@pytest.mark.parametrize(
    "forged",
    [
        {"at": "'0044-03-15 BC'"},
        {"at": "'infinity'"},
        {"at": "now() - interval '1 hour'"},
        {"at": "now() + interval '1 hour'"},
        {"started_at": "now()"},
    ],
    ids=str,
)
def test_a_firing_by_hand_is_of_this_moment(acme, forged):
    with pytest.raises(DatabaseError, match="row-level security"):
        in_role_of(acme, FIRING.format(**NEW_FIRING | forged), acme.pk)


def test_a_tenant_cannot_take_the_id_of_a_slot_of_another(both_due):
    acme, globex = both_due
    slot = DueSlot.objects.of(globex).first()
    taken = Firing.id_of(globex.pk, slot.periodic_task_id, slot.due_at)

    with pytest.raises(DatabaseError, match="row-level security"):
        in_role_of(acme, FIRING.format(**NEW_FIRING | {"id": f"'{taken}'"}), acme.pk)


FLOOD = """
    INSERT INTO public.agenda_firing
        (id, tenant_id, periodic_task_id, task, slot_at, state, trigger, planned_at, outcome, error)
    SELECT gen_random_uuid(), %s, number, 'x', now(), 'planned', 'manual', now(), '', ''
    FROM generate_series(1, 1001) number
"""


def test_a_tenant_cannot_flood_the_ledger_past_our_code(acme):
    with pytest.raises(DatabaseError, match="too many firings"):
        in_role_of(acme, FLOOD, acme.pk)


def test_a_tenant_cannot_plan_a_firing_of_another(acme, globex):
    with pytest.raises(DatabaseError, match="row-level security"):
        plan(acme, globex.pk)
    with pytest.raises(DatabaseError, match="row-level security"), shared_tables(acme):
        plan_manual_past_the_role(globex)


def plan_manual_past_the_role(tenant):
    with transaction.atomic():
        Firing.objects.create(
            id=uuid.uuid4(),
            tenant=tenant,
            periodic_task_id=7,
            task="orders.tasks.x",
            slot_at=NOON,
            trigger="manual",
            planned_at=NOON,
        )


@pytest.mark.parametrize("table", OWN)
@pytest.mark.parametrize("change", ["UPDATE public.{} SET id = id", "DELETE FROM public.{}"])
def test_a_tenant_changes_no_row_of_a_shared_table(acme, table, change):
    with pytest.raises(DatabaseError, match="permission denied"):
        in_role_of(acme, change.format(table))


#: Its own firings a tenant may lock: it may stop them. What is done for all tenants passes over those.
LOCKABLE = {"agenda_firing"}


@pytest.mark.parametrize("table", sorted(OWN.keys() - LOCKABLE))
@pytest.mark.parametrize("strength", ["UPDATE", "KEY SHARE"])
def test_a_tenant_locks_no_row_that_others_wait_for(acme, table, strength):
    with pytest.raises(DatabaseError, match="permission denied"):
        in_role_of(acme, f"SELECT FROM public.{table} FOR {strength}")


def test_a_tenant_changes_no_zone_past_our_code(acme, globex):
    for tenant in (acme, globex):
        with pytest.raises(DatabaseError, match="permission denied"):
            in_role_of(acme, "SELECT public.tenants_change_zone(%s, 'UTC')", tenant.pk)


ALARM = """
    INSERT INTO public.agenda_alarm
        (tenant_id, periodic_task_id, name, slot_at, reason, raised_at, ending)
    VALUES (%s, 7, 'x', now(), 'failed', now(), '')
"""


def test_a_tenant_raises_no_alarm_of_anybody(both_due):
    acme, globex = both_due

    for tenant in (acme, globex):
        with pytest.raises(DatabaseError, match="permission denied"):
            in_role_of(acme, ALARM, tenant.pk)


@pytest.mark.parametrize("statement", ["SELECT * FROM {}", "UPDATE {} SET held_until = 'infinity'"])
def test_a_tenant_cannot_hold_up_the_passes(acme, statement):
    with pytest.raises(DatabaseError, match="permission denied"):
        in_role_of(acme, statement.format("public.agenda_alarmpass"))
