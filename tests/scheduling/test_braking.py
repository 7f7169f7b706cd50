"""Runs that would close unusually many orders are held, and those that would not are not."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from orders.brake import ClosingBrake
from orders.tasks import auto_close_old_orders
from scheduling.agenda.clock import database_now
from scheduling.agenda.flights import Flights
from scheduling.agenda.models import Firing
from scheduling.agenda.stopping import request_stop
from scheduling.models import Brake, Hold, Run
from scheduling.retention import forget_old_runs
from tests.conftest import NOON
from tests.scheduling.builders import make_firing
from tests.scheduling.delivery import deliver, runs_of
from tests.scheduling.holdings import (
    DAY,
    HOUR,
    choose_brake,
    closed_in,
    come_back,
    held,
    hold_of,
    let_expire,
    make_orders,
    plan_closing,
    ran_before,
    run,
    run_of,
)

SECOND = timedelta(seconds=1)


def test_a_run_that_would_close_unusually_many_closes_none_and_is_held(acme, globex):
    firing = plan_closing(acme, 3, 10, 12, 9, 400)
    make_orders(acme, 101)

    found = run(firing)

    assert (found.state, found.examined, found.closed) == ("held", 0, 0)
    assert found.error == "It would close 101; usually a run closes about 10."
    assert closed_in(acme) == 0
    hold = hold_of(firing)
    assert (hold.number, hold.most, hold.usual) == (101, 100, 10)
    assert hold.expires_at - database_now() > 6 * DAY
    assert runs_of(globex) == []


@pytest.mark.parametrize(
    ("orders", "before", "state"),
    [
        (100, (1,) * 5, "succeeded"),
        (101, (1,) * 4, "succeeded"),
        (101, (1, 1, 1, 1, 0, 0), "succeeded"),
        (101, (1,) * 5, "held"),
        (200, (20,) * 5, "succeeded"),
        (201, (20,) * 5, "held"),
        (1500, (150,) * 5, "succeeded"),
        (1501, (150,) * 5, "held"),
        (201, (900, 900, *[20] * 19), "held"),
    ],
)
def test_unusual_is_above_a_hundred_and_ten_times_the_median(acme, orders, before, state):
    firing = plan_closing(acme, *before)
    make_orders(acme, orders)

    assert run(firing).state == state
    assert closed_in(acme) == (0 if state == "held" else orders)


def test_what_is_usual_is_told_by_the_latest_twenty_runs_that_closed_something(acme):
    firing = plan_closing(acme, *[1] * 15, *[40] * 20, *[0] * 30)
    make_orders(acme, 401)

    assert run(firing).state == "held"
    assert hold_of(firing).usual == 40


def test_other_schedules_runs_say_nothing_of_what_is_usual(acme):
    firing = plan_closing(acme)
    ran_before(acme, firing.periodic_task_id + 1, *[1] * 5)
    make_orders(acme, 101)

    assert run(firing).state == "succeeded"


@pytest.mark.parametrize(
    ("rule", "most", "orders", "state"),
    [
        ("fixed", 5, 5, "succeeded"),
        ("fixed", 5, 6, "held"),
        ("fixed", 0, 1, "held"),
        ("fixed", 1200, 1200, "succeeded"),
        ("fixed", 1200, 1201, "held"),
        ("never", None, 1201, "succeeded"),
    ],
)
def test_a_tenant_names_a_number_of_its_own_or_none(acme, rule, most, orders, state):
    firing = plan_closing(acme, 1, 1, 1, 1, 1)
    choose_brake(firing, rule, most)
    make_orders(acme, orders)

    found = run(firing)

    assert found.state == state
    assert closed_in(acme) == (0 if state == "held" else orders)


def test_a_number_of_ones_own_needs_no_runs_before(acme):
    firing = plan_closing(acme)
    choose_brake(firing, "fixed", 3)
    make_orders(acme, 4)

    assert run(firing).error == "It would close 4, and you want to be asked above 3."


@pytest.mark.parametrize("row", [{"rule": "fixed"}, {"rule": "never", "most": 3}, {"rule": "odd"}])
def test_postgres_refuses_a_brake_that_nobody_understands(acme, row):
    with tenant_context(acme), pytest.raises(IntegrityError), transaction.atomic():
        Brake.objects.create(periodic_task_id=1, **row)


@pytest.mark.parametrize("trigger", ["manual", "retry"])
def test_a_run_that_somebody_wanted_is_not_held(acme, trigger):
    firing = plan_closing(acme, 1, 1, 1, 1, 1)
    Firing.objects.filter(pk=firing.pk).update(trigger=trigger)
    make_orders(acme, 101)

    assert run(firing).state == "succeeded"


def test_a_run_that_has_begun_is_not_held_in_its_next_slice(acme, settings):
    settings.RUN_SLICE_SECONDS = 0
    firing = plan_closing(acme, 200, 200, 200, 200, 200)
    make_orders(acme, 1500)
    assert run(firing).closed == 1000
    with tenant_context(acme):
        Run.objects.exclude(pk=run_of(firing).pk).update(closed=1)

    assert run(firing).state == "succeeded"
    assert closed_in(acme) == 1500


def test_a_retry_of_a_run_that_did_nothing_is_looked_at_again(acme, monkeypatch):
    def fail(*_args):
        raise ValueError("no such index")

    firing = plan_closing(acme, 1, 1, 1, 1, 1)
    make_orders(acme, 1001)
    with monkeypatch.context() as broken:
        broken.setattr(ClosingBrake, "exceeds", fail)
        choose_brake(firing, "fixed", 1000)
        assert run(firing).retries == 1

    assert come_back(firing).state == "held"
    assert closed_in(acme) == 0


def test_an_ordinary_run_is_not_asked_about(acme):
    firing = plan_closing(acme, 1, 1, 1, 1, 1)
    make_orders(acme, 100)

    with CaptureQueriesContext(connection) as queries:
        deliver(auto_close_old_orders, firing)

    assert run_of(firing).closed == 100
    tables = ("scheduling_hold", 'FROM "scheduling_run"')
    assert not [query for query in queries if any(table in query["sql"] for table in tables)]
    assert sum("orders_order" in query["sql"] for query in queries) == 1


# While it is held -------------------------------------------------------------------------------
def test_a_message_that_comes_again_leaves_it_held(acme):
    firing = held(acme)

    for _ in range(2):
        come_back(firing)

    assert (run_of(firing).state, closed_in(acme)) == ("held", 0)
    assert (firing.state, firing.outcome, firing.attempts) == ("planned", "", 0)
    assert firing.publish_at == hold_of(firing).expires_at


def test_a_held_run_is_neither_in_flight_nor_late_nor_in_anybodys_way(acme, settings):
    settings.FIRINGS_IN_FLIGHT_MAXIMUM = 1
    firing = held(acme)

    flights = Flights([acme.pk])

    assert flights.room(acme.pk) == 1
    assert not flights.first_planned_at
    assert not Firing.objects.going(acme.pk, firing.periodic_task_id).exists()


def test_of_a_schedule_one_run_is_held_and_a_later_one_that_is_unusual_too_is_skipped(acme):
    firing = held(acme)
    later = make_firing(acme, NOON + HOUR, firing.periodic_task_id)

    found = run(later)

    assert found.state == "skipped"
    assert found.error.startswith("An earlier run awaits approval")
    assert (run_of(firing).state, closed_in(acme)) == ("held", 0)
    assert later.outcome == "skipped"


def test_a_later_run_that_is_not_unusual_goes_its_way(acme):
    firing = held(acme)
    with tenant_context(acme), connection.cursor() as cursor:
        cursor.execute("UPDATE orders_order SET status = 'cancelled' WHERE number <> 'H0'")
    later = make_firing(acme, NOON + HOUR, firing.periodic_task_id)

    assert (run(later).state, closed_in(acme)) == ("succeeded", 1)
    assert run_of(firing).state == "held"


def test_a_run_that_nobody_approves_is_skipped_with_that_reason(acme):
    firing = held(acme)
    let_expire(firing)

    found = come_back(firing)

    assert (found.state, closed_in(acme)) == ("skipped", 0)
    assert "nobody approved it in time" in found.error
    assert (firing.state, firing.outcome) == ("settled", "skipped")
    assert hold_of(firing).decision == "expired"
    assert hold_of(firing).ended_at


def test_when_one_has_expired_the_next_is_held(acme):
    firing = held(acme)
    let_expire(firing)
    come_back(firing)

    assert run(make_firing(acme, NOON + HOUR, firing.periodic_task_id)).state == "held"


def test_staff_stop_a_held_run(acme):
    firing = held(acme)

    request_stop(firing, database_now())
    come_back(firing)

    assert (run_of(firing).state, firing.outcome) == ("cancelled", "cancelled")
    assert hold_of(firing).ended_at


def test_a_held_run_of_a_tenant_that_is_suspended_ends_there(acme):
    firing = held(acme)
    acme.state = "suspended"
    acme.save()
    try:
        with pytest.raises(Exception, match="suspended"):
            come_back(firing)
    finally:
        acme.state = "active"
        acme.save()

    assert run_of(firing).state == "suspended"
    assert hold_of(firing).ended_at


def test_a_hold_is_forgotten_with_its_run_and_a_held_run_is_kept(acme):
    expired = held(acme)
    let_expire(expired)
    come_back(expired)
    later = make_firing(acme, NOON + HOUR, expired.periodic_task_id)
    run(later)

    with tenant_context(acme):
        forget_old_runs(NOON + 1000 * DAY)
        assert list(Run.objects.values_list("state", flat=True)) == ["held"]
        assert Hold.objects.count() == 1


def test_what_is_held_is_found_by_whoever_tells_of_it(acme, globex):
    firing = held(acme)

    with tenant_context(acme):
        assert list(Run.objects.held()) == [run_of(firing)]
    with tenant_context(globex):
        assert not Run.objects.held().exists()
