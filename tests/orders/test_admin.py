import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django_tenants.utils import tenant_context

from orders import reports
from orders.models import Order
from tests.conftest import NOON
from tests.orders.builders import make_order, stored

FORM = {
    "number": "A1",
    "customer": "Smith",
    "placed_at_0": "2026-11-20",
    "placed_at_1": "13:00:00",
    "total": "10.00",
    "currency": "EUR",
    "status": "open",
    "initial-status": "open",
}

pytestmark = pytest.mark.urls("tests.orders.admin_urls")


@pytest.fixture
def browser(globex, in_acme):
    """Acme's owner, logged in at acme's host."""
    return logged_in("acme", get_user_model().objects.get())


def logged_in(slug, user):
    client = Client(HTTP_HOST=f"{slug}.localhost")
    client.force_login(user)
    return client


def content(answer):
    return b"".join(answer.streaming_content).decode("utf-8-sig")


def change(browser, order, **cells):
    return browser.post(f"/admin/orders/order/{order.pk}/change/", FORM | cells)


def test_the_list_shows_this_tenants_orders(browser, globex):
    make_order("A1")
    with tenant_context(globex):
        make_order("B1")

    page = browser.get("/admin/orders/order/?q=A&status__exact=open").text

    assert "A1" in page
    assert ">B1<" not in page


def test_an_order_is_added_with_its_status_counting_from_now(browser):
    assert browser.post("/admin/orders/order/add/", FORM).status_code == 302

    order = Order.objects.get()
    assert (order.status, order.closed_at, order.closed_by_run) == ("open", None, None)
    assert order.placed_at.isoformat() == "2026-11-20T12:00:00+00:00"
    assert order.status_changed_at is not None


def test_the_form_proposes_the_tenants_currency(browser):
    assert 'value="EUR"' in browser.get("/admin/orders/order/add/").text


def test_an_order_closed_by_hand_is_closed_now_and_by_no_run(browser):
    order = make_order()

    assert change(browser, order, status="closed").status_code == 302

    order.refresh_from_db()
    assert (order.status, order.closed_by_run) == ("closed", None)
    assert order.closed_at == order.status_changed_at > NOON.replace(day=21)


def test_an_order_reopened_by_hand_is_no_longer_closed(browser):
    order = make_order(status="closed", closed_by_run=7)

    change(browser, order, **{"initial-status": "closed"})

    assert stored("status", "closed_at", "closed_by_run") == [("open", None, None)]


def test_a_change_of_something_else_leaves_the_status_and_its_instants(browser):
    order = make_order(status="closed", closed_by_run=7)
    before = stored("status", "status_changed_at", "closed_at", "closed_by_run")

    change(browser, order, customer="Jones", status="closed", **{"initial-status": "closed"})

    assert stored("status", "status_changed_at", "closed_at", "closed_by_run") == before
    assert stored("customer") == ["Jones"]


def test_a_run_that_closes_an_order_while_its_form_is_open_is_not_undone(browser):
    order = make_order(status="closed", closed_by_run=7)

    change(browser, order, customer="Jones", status="open", **{"initial-status": "open"})

    assert stored("customer", "status", "closed_by_run") == [("Jones", "closed", 7)]


def test_only_a_cancelled_order_may_be_made_negative(browser):
    order = make_order()

    refused = change(browser, order, total="-1.00")
    change(browser, order, total="-1.00", status="cancelled")

    assert "Only a cancelled order may have a negative total." in refused.text
    assert [(str(total), status) for total, status in stored("total", "status")] == [
        ("-1.00", "cancelled")
    ]


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "2101-01-01", "9999-12-31"])
def test_an_order_was_placed_in_a_year_that_every_page_can_show(browser, day):
    answer = browser.post("/admin/orders/order/add/", FORM | {"placed_at_0": day})

    assert "Choose a year from 1900 to 2100." in answer.text
    assert stored("number") == []


def test_a_currency_is_three_capitals(browser):
    assert "Write three capitals" in change(browser, make_order(), currency="eur").text


@pytest.mark.parametrize("column", ["status_changed_at", "closed_at", "closed_by_run"])
def test_what_runs_write_cannot_be_typed_in(browser, column):
    order = make_order(status="closed", closed_by_run=7)
    before = stored(column)

    page = browser.get(f"/admin/orders/order/{order.pk}/change/").text
    change(browser, order, status="closed", **{"initial-status": "closed", column: "1"})

    assert f'name="{column}' not in page
    assert stored(column) == before


def make_report():
    make_order(total="12.50")
    return reports.make_report(NOON)


def test_a_report_is_downloaded_from_its_list_as_csv(browser):
    report = make_report()
    url = f"/admin/orders/dailyreport/{report.pk}/csv/"

    assert f'href="{url}"' in browser.get("/admin/orders/dailyreport/").text

    answer = browser.get(url)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert 'filename="daily-report-2026-11-21.csv"' in answer["Content-Disposition"]
    assert content(answer).splitlines()[1] == "2026-11-21,EUR,1,12.50,0,0.00"


def test_a_report_can_only_be_read(browser):
    report = make_report()

    assert browser.get("/admin/orders/dailyreport/add/").status_code == 403
    assert browser.post(f"/admin/orders/dailyreport/{report.pk}/delete/").status_code == 403
    assert browser.get(f"/admin/orders/dailyreport/{report.pk}/change/").status_code == 200


def test_a_report_is_not_given_to_who_may_not_see_it(browser, settings):
    url = f"/admin/orders/dailyreport/{make_report().pk}/csv/"
    settings.TENANT_ROLE_PERMISSIONS = {"owner": ["orders.view_order"]}

    assert browser.get(url).status_code == 403
    assert Client(HTTP_HOST="acme.localhost").get(url).status_code == 302


def test_a_report_that_is_not_there_is_not_found(browser):
    assert browser.get("/admin/orders/dailyreport/0/csv/").status_code == 404


def test_the_other_tenant_does_not_find_this_ones_report(browser, globex):
    report = make_report()
    with tenant_context(globex):
        stranger = logged_in("globex", get_user_model().objects.get())

    assert stranger.get(f"/admin/orders/dailyreport/{report.pk}/csv/").status_code == 404
