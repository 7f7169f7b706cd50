"""Orders that people reopen and that runs then pass over, in a tenant's admin."""

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context

from orders import admin_keeping
from orders.closing import close_old_orders
from orders.models import LaterChange, Order
from tests.conftest import NOON
from tests.orders.builders import make_order, make_orders, stored
from tests.orders.test_admin import change
from tests.people import do, make_user, owner_of, told
from tests.people import logged_in as logged_in_as

MODEL = "orders/order"


@pytest.fixture
def owner(acme, globex):
    return owner_of("acme")


@pytest.fixture
def closed(acme):
    """Three orders that run 7 closed."""
    with tenant_context(acme):
        return make_orders(3, status="closed", closed_by_run=7)


def now_stored(tenant, *columns):
    with tenant_context(tenant):
        return stored(*columns)


def test_orders_reopened_by_hand_are_passed_over_by_runs_until_released(acme, owner, closed):
    answer = do(owner, MODEL, "reopen", [closed[0].pk, closed[1].pk])

    assert "2 orders are reopened and kept open" in told(answer)
    with tenant_context(acme):
        assert list(close_old_orders(NOON, 8)) == []
    do(owner, MODEL, "release", [closed[0].pk])
    with tenant_context(acme):
        list(close_old_orders(NOON, 9))
    assert now_stored(acme, "status", "kept_open", "closed_by_run") == [
        ("closed", False, 9),
        ("open", True, None),
        ("closed", False, 7),
    ]


def test_a_reopening_by_hand_is_noted_after_its_run_and_in_the_audit_log(acme, owner, closed):
    from tenants.audit.models import Entry

    do(owner, MODEL, "reopen", [closed[0].pk])

    with tenant_context(acme):
        assert list(LaterChange.objects.values_list("run_id", "order_id", "reason")) == [
            (7, closed[0].pk, "hand")
        ]
        entry = Entry.objects.get(model="orders.order", object_pk=closed[0].pk, action="update")
    assert entry.actor == "owner@acme.test"
    assert entry.changes["status"] == ["closed", "open"]


def test_orders_that_are_not_closed_are_told(acme, owner, closed):
    with tenant_context(acme):
        fulfilled = make_order("F1", status="fulfilled")

    answer = do(owner, MODEL, "reopen", [closed[0].pk, fulfilled.pk])

    assert "1 order is reopened" in told(answer)
    assert "There was nothing to do for 1 order." in told(answer)
    assert ("F1", "fulfilled") in now_stored(acme, "number", "status")


def test_more_than_a_page_can_do_at_once_is_refused(acme, owner, closed, monkeypatch):
    monkeypatch.setattr(admin_keeping, "MAXIMUM", 2)

    answer = do(owner, MODEL, "reopen", [order.pk for order in closed])

    assert "These are more than 2 orders" in told(answer)
    assert set(now_stored(acme, "status")) == {"closed"}


def test_a_viewer_reopens_nothing(acme, owner, closed):
    make_user(acme, "viewer@acme.test", "viewer")

    do(logged_in_as("acme", "viewer@acme.test"), MODEL, "reopen", [closed[0].pk])

    assert set(now_stored(acme, "status")) == {"closed"}


def test_the_other_tenants_orders_are_out_of_reach(acme, globex, closed):
    do(owner_of("globex"), MODEL, "reopen", [order.pk for order in closed])

    assert set(now_stored(acme, "status")) == {"closed"}


def test_the_flag_is_seen_filtered_and_cleared_on_the_orders_page(acme, owner, closed):
    change(owner, closed[0], number="A0", **{"initial-status": "closed"})
    assert now_stored(acme, "status", "kept_open")[0] == ("open", True)

    rows = owner.get("/admin/orders/order/?kept_open__exact=1").context["cl"].result_list
    assert [order.number for order in rows] == ["A0"]

    change(owner, closed[0], number="A0", **{"initial-kept_open": "True"})
    assert now_stored(acme, "status", "kept_open")[0] == ("open", False)


def test_an_undo_while_a_form_is_open_is_not_taken_for_the_persons_own_change(acme, owner, closed):
    with tenant_context(acme):
        Order.objects.filter(pk=closed[0].pk).reopen()

    shown = {"status": "closed", "initial-status": "closed", "initial-kept_open": "False"}
    change(owner, closed[0], number="A0", customer="Jones", **shown)

    assert now_stored(acme, "customer", "status", "kept_open")[0] == ("Jones", "open", True)


@pytest.mark.parametrize("status", ["fulfilled", "closed", "cancelled"])
def test_only_an_open_order_is_kept_open(acme, owner, closed, status):
    with tenant_context(acme):
        Order.objects.filter(pk=closed[0].pk).reopen()

    shown = {"initial-status": "open", "kept_open": "on", "initial-kept_open": "True"}
    answer = change(owner, closed[0], number="A0", status=status, **shown)

    assert answer.status_code == 302
    assert now_stored(acme, "status", "kept_open")[0] == (status, False)


def test_an_order_that_a_run_closed_meanwhile_is_not_kept_open(acme, owner, closed):
    answer = change(owner, closed[0], number="A0", kept_open="on", **{"initial-status": "open"})

    assert answer.status_code == 302
    assert now_stored(acme, "status", "kept_open")[0] == ("closed", False)


def test_a_new_order_is_kept_open_only_when_that_is_asked_for(acme, owner):
    form = {"placed_at_0": "2026-11-20", "placed_at_1": "13:00", "total": "1", "currency": "EUR"}
    for number, ticked in (("N1", {}), ("N2", {"kept_open": "on"})):
        owner.post("/admin/orders/order/add/", form | {"number": number, "status": "open"} | ticked)

    assert now_stored(acme, "number", "kept_open") == [("N1", False), ("N2", True)]


def test_an_order_that_somebody_else_is_changing_is_left_and_told(committed, in_thread):
    from orders.by_hand import reopen

    held, _free = make_orders(2, status="closed", closed_by_run=7)
    done = []

    with transaction.atomic():
        Order.objects.filter(pk=held.pk).update(customer="being edited")
        in_thread(lambda: done.append(reopen(Order.objects.all()))).join(20)

    assert [tuple(one) for one in done] == [(1, 0, 1)]
    assert sorted(stored("status")) == ["closed", "open"]
