"""Which host gets which site: exactly those that have a Domain row."""

import pytest

from tenants import lifecycle
from tenants.models import Domain
from tests.people import owner_of, visitor


@pytest.mark.parametrize(
    "host", ["acme.localhost", "ACME.localhost", "acme.localhost:8000", "acme.localhost."]
)
def test_a_tenants_host_is_known_however_it_is_written(acme, host):
    assert visitor(host).get("/admin/login/").status_code == 200


@pytest.mark.parametrize(
    "host", ["nobody.localhost", "www.acme.localhost", "acme.localhost.evil.test", "127.0.0.1", ""]
)
def test_an_unknown_host_gets_a_plain_404(acme, host):
    answer = visitor(host).get("/admin/login/")

    assert answer.status_code == 404
    assert answer["Content-Type"] == "text/plain"
    assert answer.content == b"Nothing here.\n"


def test_a_forwarded_host_does_not_count(acme):
    answer = visitor("nobody.localhost").get(
        "/admin/", headers={"X-Forwarded-Host": "acme.localhost"}
    )

    assert answer.status_code == 404


def test_a_host_of_the_tenants_own_leads_to_it_too(acme):
    Domain.objects.create(tenant=acme, domain="orders.acme.test", is_primary=False)

    assert visitor("orders.acme.test").get("/admin/login/").status_code == 200


def test_a_suspended_tenant_gets_a_plain_403_and_its_neighbour_does_not(acme, globex):
    client = owner_of("acme")

    lifecycle.suspend("acme", "unpaid")

    answer = client.get("/admin/")
    assert answer.status_code == 403
    assert answer["Content-Type"] == "text/plain"
    assert b"unpaid" not in answer.content
    assert owner_of("globex").get("/admin/").status_code == 200


def test_a_tenant_that_is_not_built_yet_has_no_site(acme):
    acme.state = "provisioning"
    acme.save()

    assert visitor("acme").get("/admin/login/").status_code == 404
