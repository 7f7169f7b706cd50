from datetime import timedelta

import pytest
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context

from orders import tasks
from orders.tenant import current_tenant
from scheduling.catalogue import ParametersError, tenant_catalogue
from scheduling.models import Run
from scheduling.running import perform
from tenants.accounts.models import Session
from tenants.accounts.sessions import SessionStore
from tests.conftest import NOON
from tests.orders.builders import make_order, make_orders, stored
from tests.scheduling.builders import CLOSING, make_firing, make_periodic_task

SECOND = timedelta(seconds=1)


def days_before_noon(days):
    return NOON - timedelta(hours=24 * days)


def test_the_closing_task_counts_days_of_24_hours_back_from_its_slot(in_acme):
    for number, offset in (("before", -SECOND), ("exactly", 0 * SECOND), ("after", SECOND)):
        make_order(number, placed_at=days_before_noon(30) + offset)

    list(tasks.auto_close_old_orders.run(slot=NOON, run_id=7))

    assert stored("number", "status") == [
        ("after", "open"),
        ("before", "closed"),
        ("exactly", "open"),
    ]


def test_a_firing_closes_what_its_schedule_says_and_counts_it(globex, in_acme):
    make_order("old", placed_at=days_before_noon(3) - SECOND)
    make_order("young", placed_at=days_before_noon(3))
    schedule = make_periodic_task(kwargs='{"days": 3}')

    assert perform(firing_of(schedule), tasks.auto_close_old_orders).state == "succeeded"

    run = Run.objects.get()
    assert (run.examined, run.closed, run.parameters) == (1, 1, {"days": 3})
    assert stored("number", "closed_by_run") == [("old", run.pk), ("young", None)]
    with tenant_context(globex):
        assert not Run.objects.exists()


def test_a_firing_that_is_delivered_again_closes_nothing_twice(in_acme):
    make_orders(3, placed_at=days_before_noon(31))
    firing = firing_of(make_periodic_task())

    perform(firing, tasks.auto_close_old_orders)
    perform(firing, tasks.auto_close_old_orders)

    run = Run.objects.get()
    assert (run.examined, run.closed) == (3, 3)


def firing_of(schedule):
    tenant = current_tenant()
    with schema_context("public"):
        return make_firing(tenant, NOON, schedule.pk, started_at=NOON)


@pytest.mark.parametrize("days", [0, -1, tasks.DAYS_MAXIMUM + 1, "many", 1.5, None])
def test_days_out_of_bounds_are_refused(days):
    with pytest.raises(ParametersError, match=r"^days: "):
        tenant_catalogue()[CLOSING].parameters({"days": days})


def test_days_default_to_thirty():
    assert tenant_catalogue()[CLOSING].parameters({}) == {"days": 30}


def test_tenants_can_schedule_four_tasks_and_one_is_seeded():
    offered = {
        name: entry.default_cadence
        for name, entry in tenant_catalogue().items()
        if name.startswith("orders.")
    }

    assert offered == {
        CLOSING: "0 0 * * *",
        "orders.tasks.clear_expired_sessions": None,
        "orders.tasks.make_daily_report": None,
        "orders.tasks.send_weekly_summary": None,
    }


def test_expired_sessions_of_this_tenant_alone_are_cleared(globex, in_acme):
    expired, living = make_session(-1), make_session(60)
    with tenant_context(globex):
        of_another = make_session(-1)

    tasks.clear_expired_sessions.run()
    tasks.clear_expired_sessions.run()

    assert list(Session.objects.values_list("pk", flat=True)) == [living]
    assert expired != living
    with tenant_context(globex):
        assert Session.objects.filter(pk=of_another).exists()


def make_session(seconds):
    store = SessionStore()
    store.create()
    expires_at = timezone.now() + timedelta(seconds=seconds)
    Session.objects.filter(pk=store.session_key).update(expire_date=expires_at)
    return store.session_key
