"""The platform's list of tenants: which of them are broken, and why."""

import pytest

from scheduling.agenda.models import DueSlot, TenantIndex
from tests.people import STAFF, logged_in, make_staff, queries_for
from tests.scheduling.builders import make_slot

FLEET = "/admin/tenants/tenant/"


@pytest.fixture
def staff(db):
    make_staff()
    return logged_in("platform", STAFF)


@pytest.fixture(autouse=True)
def all_well(acme, globex):
    DueSlot.objects.all().delete()
    for tenant in (acme, globex):
        TenantIndex.objects.update_or_create(tenant=tenant, defaults={"problem": "", "trouble": ""})


def spoil(tenant, **found):
    TenantIndex.objects.filter(tenant=tenant).update(**found)


def problems(staff):
    rows = staff.get(FLEET).context["cl"]
    return {row.slug: rows.model_admin.problems(row) for row in rows.result_list}


def listed(staff, query):
    return [row.slug for row in staff.get(f"{FLEET}?{query}").context["cl"].result_list]


def test_a_tenant_is_listed_with_the_number_of_its_problems(acme, staff):
    make_slot(acme, None, problem="hour: 25 is out of range")
    spoil(acme, problem="no such table", trouble="permission denied")

    assert problems(staff) == {"acme": 3, "globex": 0}


@pytest.mark.parametrize("column", ["problem", "trouble"])
def test_the_reason_stands_in_the_list_and_on_the_tenants_page(acme, globex, staff, column):
    spoil(acme, **{column: 'relation "orders_order" does not exist'})
    told = "relation &quot;orders_order&quot; does not exist"

    assert told in staff.get(FLEET).content.decode()
    assert told in staff.get(f"{FLEET}{acme.pk}/change/").content.decode()
    assert told not in staff.get(f"{FLEET}{globex.pk}/change/").content.decode()


@pytest.mark.parametrize("column", ["problem", "trouble"])
def test_broken_tenants_are_found(acme, globex, staff, column):
    spoil(acme, **{column: "no such table"})

    assert listed(staff, "broken=yes") == ["acme"]
    assert listed(staff, "broken=no") == ["globex"]


def test_a_tenant_that_beat_has_not_read_yet_is_not_broken(acme, staff):
    TenantIndex.objects.filter(tenant=acme).delete()

    assert problems(staff)["acme"] == 0
    assert "acme" in listed(staff, "broken=no")
    assert staff.get(f"{FLEET}{acme.pk}/change/").status_code == 200


def test_reasons_cost_no_query_for_each_tenant(acme, globex, staff):
    before = queries_for(staff, FLEET)
    spoil(acme, trouble="no such table")
    spoil(globex, problem="no such table")

    assert queries_for(staff, FLEET) == before
