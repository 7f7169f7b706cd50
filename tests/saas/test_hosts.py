"""Which host gets which site: exactly those that have a Domain row."""

import pytest
from django.db import connection

from orders.admin import OrderAdmin
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


@pytest.mark.parametrize(
    ("sites", "at_tenant", "at_platform"), [("tenants", 200, 404), ("platform", 404, 200)]
)
def test_a_process_may_answer_for_one_kind_of_site(acme, settings, sites, at_tenant, at_platform):
    settings.SITES = sites

    assert visitor("acme").get("/admin/login/").status_code == at_tenant
    assert visitor("localhost").get("/admin/login/").status_code == at_platform


def test_a_tenant_that_has_all_its_share_is_asked_to_wait(acme, settings):
    settings.TENANT_REQUESTS_AT_ONCE = 0

    answer = visitor("acme").get("/admin/login/")

    assert (answer.status_code, answer["Retry-After"]) == (429, "1")


def test_a_download_that_is_read_slowly_keeps_its_place(acme, globex, settings):
    settings.TENANT_REQUESTS_AT_ONCE = 1
    client, neighbour = owner_of("acme"), owner_of("globex")

    download = client.get("/admin/orders/order/export/")

    assert client.get("/admin/").status_code == 429
    assert neighbour.get("/admin/").status_code == 200
    assert download.getvalue()
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize("query", ["number__regex=(", "id__gt=99999999999999999999"])
def test_a_filter_that_makes_no_sense_is_no_error_of_ours(acme, query):
    answer = owner_of("acme").get(f"/admin/orders/order/?{query}")

    assert answer.status_code in {200, 302, 400}


def test_a_statement_that_takes_too_long_gets_a_plain_answer(acme, monkeypatch):
    client = owner_of("acme")
    monkeypatch.setattr(OrderAdmin, "get_queryset", slowly)

    answer = client.get("/admin/orders/order/")

    assert (answer.status_code, answer["Content-Type"]) == (503, "text/plain")


def slowly(_admin, _request):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 10; SELECT pg_sleep(5)")
