"""The platform's pages about domains."""

import pytest

from tenants.models import Domain, Tenant
from tests.people import (
    STAFF,
    do,
    errors_of,
    logged_in,
    make_staff,
    visitor,
)


@pytest.fixture
def staff(db):
    make_staff()
    return logged_in("platform", STAFF)


def test_a_domain_is_stored_as_browsers_send_it(acme, staff):
    posted = {"domain": " Orders.ACME.com.:443 ".replace(".:", ":"), "tenant": acme.pk}

    staff.post("/admin/tenants/domain/add/", posted)

    assert visitor("orders.acme.com").get("/admin/login/").status_code == 200


@pytest.mark.parametrize("domain", ["GLOBEX.localhost", "a b", "https://x.test/", "", "ü.test"])
def test_a_domain_that_cannot_be_is_told_at_its_field(acme, globex, staff, domain):
    answer = staff.post("/admin/tenants/domain/add/", {"domain": domain, "tenant": acme.pk})

    assert list(errors_of(answer)) == ["domain"]


def test_a_domain_never_changes_its_tenant(acme, globex, staff):
    domain = Domain.objects.get(domain="acme.localhost")
    posted = {"domain": "acme.localhost", "tenant": globex.pk, "is_primary": "on"}

    staff.post(f"/admin/tenants/domain/{domain.pk}/change/", posted)

    assert Domain.objects.get(pk=domain.pk).tenant == acme


def test_a_domain_cannot_be_given_to_the_platform(platform_tenant, staff):
    posted = {"domain": "x.test", "tenant": platform_tenant.pk}

    assert "tenant" in errors_of(staff.post("/admin/tenants/domain/add/", posted))


def test_another_primary_domain_takes_the_place_of_the_first(acme, staff):
    posted = {"domain": "orders.acme.com", "tenant": acme.pk, "is_primary": "on"}

    staff.post("/admin/tenants/domain/add/", posted)

    assert Tenant.objects.get(slug="acme").primary_domain == "orders.acme.com"


def test_the_primary_domain_cannot_be_deleted(acme, staff):
    domain = Domain.objects.get(domain="acme.localhost")

    staff.post(f"/admin/tenants/domain/{domain.pk}/delete/", {"post": "yes"})
    do(staff, "tenants/domain", "delete_selected", [domain.pk], post="yes")

    assert Domain.objects.filter(pk=domain.pk).exists()


def test_the_platforms_domain_is_out_of_reach(staff):
    domain = Domain.objects.get(domain="localhost")

    assert staff.get(f"/admin/tenants/domain/{domain.pk}/change/").status_code == 302
