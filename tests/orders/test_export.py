"""The list of orders as a file."""

import csv
from io import StringIO

import pytest
from django_tenants.utils import tenant_context

from orders.models import Order
from tests.orders.builders import make_order, stored
from tests.people import logged_in, make_user, owner_of

EXPORT = "/admin/orders/order/export/"


def content(answer):
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode("utf-8-sig")


def numbers(answer):
    return [row["number"] for row in csv.DictReader(StringIO(content(answer)))]


@pytest.fixture
def orders(acme, globex):
    with tenant_context(acme):
        make_order("A1", customer="Smith")
        make_order("A2", customer="Jones", status="cancelled", total="-3.00")
    with tenant_context(globex):
        make_order("B1", customer="Smith")


def test_the_export_holds_this_tenants_orders_as_filtered_and_searched(orders):
    owner = owner_of("acme")

    assert sorted(numbers(owner.get(EXPORT))) == ["A1", "A2"]
    assert numbers(owner.get(f"{EXPORT}?status__exact=cancelled")) == ["A2"]
    assert numbers(owner.get(f"{EXPORT}?q=Smith")) == ["A1"]


def test_it_holds_all_pages_of_the_list(acme):
    with tenant_context(acme):
        for number in range(60):
            make_order(f"A{number}")

    assert len(numbers(owner_of("acme").get(f"{EXPORT}?p=2"))) == 60


def test_what_was_exported_can_be_imported_and_changes_nothing(
    orders, acme, import_into, order_file
):
    file = order_file(content=content(owner_of("acme").get(EXPORT)).encode())

    assert import_into("acme", file) == (0, {"imported": 0, "updated": 0, "rejected": []})


def test_a_viewer_may_export_and_a_stranger_may_not(orders, acme):
    make_user(acme, "ann@acme.test", "viewer")
    viewer = logged_in("acme", "ann@acme.test")

    assert sorted(numbers(viewer.get(EXPORT))) == ["A1", "A2"]
    assert f'href="{EXPORT}?"' in viewer.get("/admin/orders/order/").text
    viewer.logout()
    assert viewer.get(EXPORT).status_code == 302


def test_who_may_not_see_orders_may_not_export_them(orders, settings):
    settings.TENANT_ROLE_PERMISSIONS = {"owner": ["accounts.view_user"]}

    assert owner_of("acme").get(EXPORT).status_code == 403


def test_a_customer_called_like_a_formula_is_text(acme):
    with tenant_context(acme):
        make_order("A1", customer='=HYPERLINK("http://evil.test")')
        assert stored("customer") == ['=HYPERLINK("http://evil.test")']
        assert Order.objects.count() == 1

    assert "'=HYPERLINK" in content(owner_of("acme").get(EXPORT))
