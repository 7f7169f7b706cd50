"""Where missed runs are shown: the platform's list and fleet, the tenant's own schedules."""

import pytest
from django_tenants.utils import tenant_context

from scheduling.agenda.models import Alarm
from scheduling.models import Schedule
from tests.conftest import NOON
from tests.people import STAFF, do, logged_in, make_staff, owner_of, queries_for
from tests.scheduling.builders import make_alarm, make_periodic_task

ALARMS, SCHEDULES = "/admin/agenda/alarm/", "/admin/scheduling/schedule/"


@pytest.fixture
def staff(db):
    make_staff()
    return logged_in("platform", STAFF)


def listed(client, address):
    return [str(row.tenant) for row in client.get(address).context["cl"].result_list]


@pytest.mark.parametrize("query", ["tenant=acme", "open=yes", "reason__exact=failed", "q=acme"])
def test_the_platform_finds_alarms_by_tenant_state_and_reason(acme, globex, staff, query):
    make_alarm(acme, reason="failed")
    make_alarm(globex, recovered_at=NOON, ending="ran")

    assert listed(staff, f"{ALARMS}?{query}") == ["acme"]
    assert listed(staff, f"{ALARMS}?open=no") == ["globex"]


def test_nothing_can_be_written(acme, staff):
    alarm = make_alarm(acme)

    assert staff.get(f"{ALARMS}add/").status_code == 403
    assert staff.post(f"{ALARMS}{alarm.pk}/change/", {"reason": "failed"}).status_code == 403
    do(staff, "agenda/alarm", "delete_selected", [alarm.pk], post="yes")
    assert Alarm.objects.filter(pk=alarm.pk).exists()


def test_a_list_of_any_length_takes_the_same_queries(acme, globex, staff):
    make_alarm(globex)
    before = queries_for(staff, ALARMS)
    for number in range(30):
        make_alarm(acme, number)

    assert queries_for(staff, ALARMS) == before


def test_the_fleet_tells_how_many_schedules_miss_a_run(acme, globex, staff):
    make_alarm(acme, 1)
    make_alarm(acme, 2)
    make_alarm(globex, recovered_at=NOON, ending="ran")

    fleet = staff.get("/admin/tenants/tenant/").context["cl"].result_list

    missed = {tenant.slug: tenant.missed for tenant in fleet}
    assert (missed["acme"], missed["globex"]) == (2, 0)


def seeded(tenant):
    with tenant_context(tenant):
        return Schedule.objects.get(name="Close old orders")


def test_a_tenant_sees_which_of_its_own_schedules_miss_a_run(acme, globex):
    make_alarm(acme, seeded(acme).pk, reason="held")
    told = "Sun 22 Nov 2026, 13:00 CET: too many runs of the tenant were under way"

    assert told in owner_of("acme").get(SCHEDULES).text
    assert told in owner_of("acme").get(f"{SCHEDULES}{seeded(acme).pk}/change/").text
    assert "too many runs" not in owner_of("globex").get(SCHEDULES).text


def test_an_alarm_that_is_over_is_not_shown(acme):
    make_alarm(acme, seeded(acme).pk, reason="held", recovered_at=NOON, ending="ran")

    assert "too many runs" not in owner_of("acme").get(SCHEDULES).text


def test_a_zone_that_does_not_exist_breaks_no_page(acme):
    with tenant_context(acme):
        row = make_periodic_task(timezone="Nowhere/Land")
    make_alarm(acme, row.pk, reason="held")

    assert "12:00 UTC: too many runs" in owner_of("acme").get(SCHEDULES).text
