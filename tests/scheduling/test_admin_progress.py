"""A run that is going, followed on its page."""

from datetime import timedelta

import pytest
from django_tenants.utils import tenant_context

from orders.models import Order
from tests.orders.builders import make_order
from tests.people import logged_in, make_user, owner_of
from tests.scheduling.undoings import make_run

DAY = timedelta(days=1)


@pytest.fixture
def going(acme):
    """A run that looked at one order and has three before it."""
    with tenant_context(acme):
        run = make_run(state="running", finished_at=None, examined=1, closed=1)
        for number in range(4):
            make_order(f"G{number}", placed_at=run.slot_at - (31 if number else 1) * DAY)
    return run


@pytest.fixture
def owner(acme):
    return owner_of("acme")


def page_of(run):
    return f"/admin/scheduling/run/{run.pk}/change/"


def progress_of(run):
    return f"/admin/scheduling/run/{run.pk}/progress/"


def end(tenant, run, **columns):
    with tenant_context(tenant):
        for name, value in {"state": "succeeded", **columns}.items():
            setattr(run, name, value)
        run.save()


def test_the_page_says_how_far_a_run_has_come(acme, owner, going):
    page = owner.get(page_of(going)).text

    assert "Looked at 1 of about 4" in page
    assert '<progress id="run-bar" max="4" value="1"></progress>' in page
    assert f'data-url="{progress_of(going)}"' in page
    assert 'role="status" aria-live="polite">The run is going on: 20 % is done.<' in page


def test_what_is_left_is_counted_once(acme, owner, going, django_assert_num_queries):
    owner.get(page_of(going))
    with tenant_context(acme):
        Order.objects.all().delete()
    end(acme, going, state="running", examined=3)

    assert 'max="4" value="3"' in owner.get(progress_of(going)).text


def test_more_than_was_counted_fills_the_bar(acme, owner, going):
    owner.get(page_of(going))
    end(acme, going, state="running", examined=9)

    assert 'max="9" value="9"' in owner.get(progress_of(going)).text


def test_a_task_that_does_not_count_has_a_bar_without_an_end(acme, owner):
    with tenant_context(acme):
        run = make_run(state="running", task="orders.tasks.make_daily_report")

    answer = owner.get(progress_of(run)).text

    assert '<progress id="run-bar"></progress>' in answer
    assert "data-over" not in answer


def test_the_end_is_told_and_stops_the_asking(acme, owner, going):
    end(acme, going, examined=4, closed=4)

    answer = owner.get(progress_of(going)).text

    assert 'data-news="The run has ended: succeeded." data-over' in answer
    assert "Looked at 4, closed 4." in answer
    assert 'id="run-progress"' not in owner.get(page_of(going)).text


def test_who_may_see_runs_follows_them_and_nobody_else(acme, globex, owner, going):
    make_user(acme, "viewer@acme.test", "viewer")

    assert logged_in("acme", "viewer@acme.test").get(progress_of(going)).status_code == 200
    assert owner_of("globex").get(progress_of(going)).status_code == 404
    assert owner.get("/admin/scheduling/run/987654/progress/").status_code == 404
