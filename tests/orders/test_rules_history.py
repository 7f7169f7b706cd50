"""The history of the closing rules: the same pages as a schedule's, read off the model and its form."""

import pytest
from django_tenants.utils import tenant_context

from orders.models import ClosingRules
from tests.orders.test_admin_rules import FORM
from tests.people import logged_in, make_user, owner_of, told

PAGE = "/admin/orders/closingrules/1/"


@pytest.fixture
def owner(acme):
    return owner_of("acme")


def history(client):
    return client.get(f"{PAGE}history/")


def lines_of(told):
    return [(line.label, line.before, line.after) for line in told.lines]


def restore(client, number):
    address = f"{PAGE}history/{number}/restore/"
    return client.post(address, {"now": client.get(address).context["now"]})


def test_a_change_of_the_rules_is_told_in_words(acme, owner):
    owner.post(f"{PAGE}change/", FORM | {"least_total": "10", "currency": "EUR"})
    owner.post(f"{PAGE}change/", FORM | {"least_total": "12.50", "closes_fulfilled": "on"})

    newest = history(owner).context["told"][0]

    assert newest.who == "owner@acme.test"
    assert ("Least total", "10.00", "12.50") in lines_of(newest)
    assert ("Fulfilled orders", "no", "yes") in lines_of(newest)


def test_earlier_rules_are_restored_as_if_somebody_typed_them_in(acme, globex, owner):
    owner.post(f"{PAGE}change/", FORM | {"least_total": "10", "currency": "EUR"})
    first = history(owner).context["told"][0].step.entry.pk
    owner.post(f"{PAGE}change/", FORM | {"never_closed": "Smith", "closes_fulfilled": "on"})

    answer = restore(owner, first)

    assert "It is again as it was then." in told(answer)
    with tenant_context(acme):
        rules = ClosingRules.current()
        assert (str(rules.least_total), rules.closes_fulfilled) == ("10.00", False)
        assert rules.never_closed == ""
    with tenant_context(globex):
        assert not ClosingRules.objects.exists()


def test_holidays_are_told_among_them_and_stay_as_they_are(acme, owner):
    holiday = {"holidays-0-day": "2026-12-25", "holidays-0-name": "Christmas"}
    owner.post(f"{PAGE}change/", FORM | holiday)

    shown = history(owner).context["told"]
    found = [told for told in shown if told.step.entry.model == "orders.holiday"]

    assert [told.note for told in found] == ["There is nothing to restore."]
    assert any("Christmas" in str(lines_of(told)) for told in found)


def test_a_viewer_sees_them_and_restores_nothing(acme, owner):
    owner.post(f"{PAGE}change/", FORM | {"closes_fulfilled": "on"})
    make_user(acme, "viewer@acme.test")
    viewer = logged_in("acme", "viewer@acme.test")

    page = history(viewer)

    assert page.status_code == 200
    assert "/restore/" not in page.text
