"""The buttons of a schedule's and a run's page: run now, stop."""

from datetime import timedelta

import pytest
from django_tenants.utils import tenant_context

from scheduling.agenda.models import Firing
from scheduling.models import Run
from tests.conftest import NOON
from tests.orders.builders import make_order
from tests.people import do, logged_in, make_user, owner_of, queries_for, told
from tests.scheduling.builders import make_firing
from tests.scheduling.schedule_pages import LIST, seeded, written
from tests.scheduling.test_stopping import make_run

RUNS = "/admin/scheduling/run/"


@pytest.fixture
def owner(acme, globex):
    return owner_of("acme")


@pytest.fixture
def viewer(acme):
    make_user(acme, "viewer@acme.test", role="viewer")
    return logged_in("acme", "viewer@acme.test")


def page_of(row):
    return f"{LIST}{row.pk}/change/"


def run_now_of(row):
    return f"{LIST}{row.pk}/run-now/"


def stop_of(run):
    return f"{RUNS}{run.pk}/stop/"


def by_hand():
    return list(Firing.objects.filter(trigger="manual"))


def state_of(tenant, run):
    with tenant_context(tenant):
        return Run.objects.get(pk=run.pk).state


def going_run(tenant, row):
    """Store a run of a schedule that a worker has begun."""
    firing = make_firing(tenant, NOON, row.pk, state="started")
    return make_run(tenant, periodic_task_id=row.pk, slot_at=firing.slot_at)


# Run now -----------------------------------------------------------------------------------------
def test_before_a_run_by_hand_it_is_said_what_it_would_close(acme, globex, owner):
    row = seeded(acme)
    with tenant_context(acme):
        make_order("R-1", total="12.50", placed_at=NOON - timedelta(days=400))
    assert run_now_of(row) in owner.get(page_of(row)).text

    asked = owner.get(run_now_of(row))

    assert "<strong>1</strong>, 12.50 EUR in all" in asked.text
    assert "R-1" in asked.text
    assert by_hand() == []

    answer = owner.post(run_now_of(row))
    assert answer["Location"] == page_of(row)
    assert "runs now" in told(answer)
    assert [(firing.tenant, firing.periodic_task_id) for firing in by_hand()] == [(acme, row.pk)]


def test_pressed_again_it_is_told_who_asked_and_since_when(acme, owner):
    make_user(acme, "manager@acme.test", role="manager")
    manager = logged_in("acme", "manager@acme.test")
    manager.post(run_now_of(seeded(acme)))

    for again in (lambda: owner.post(run_now_of(seeded(acme))), lambda: act(owner, seeded(acme))):
        assert "a run asked for by manager@acme.test is under way since" in told(again())
    assert len(by_hand()) == 1


def act(client, row):
    return do(client, "scheduling/schedule", "run_now", [row.pk])


def test_a_run_by_hand_says_on_its_page_who_asked_for_it(acme, owner):
    owner.post(run_now_of(seeded(acme)))
    (firing,) = by_hand()
    slot = {"periodic_task_id": firing.periodic_task_id, "slot_at": firing.slot_at}
    run = make_run(acme, trigger="manual", **slot)

    page = owner.get(f"{RUNS}{run.pk}/change/")

    assert "Asked for by" in page.text
    assert page.text.count("owner@acme.test") == 2  # whose page it is, and who asked


def test_a_task_that_does_not_say_what_it_would_do_is_run_all_the_same(acme, owner):
    row = written(acme, name="report", task="orders.tasks.make_daily_report")

    assert "does not say beforehand" in owner.get(run_now_of(row)).text
    owner.post(run_now_of(row))

    assert [firing.task for firing in by_hand()] == ["orders.tasks.make_daily_report"]


@pytest.mark.parametrize(
    "row", [{"kwargs": '{"days": -5}'}, {"timezone": "Mars"}, {"task": "gone"}], ids=str
)
def test_a_row_that_cannot_be_read_is_asked_about_and_not_run(acme, owner, row):
    odd = written(acme, name="odd", **row)

    assert owner.get(run_now_of(odd)).status_code == 200
    assert "odd: " in told(owner.post(run_now_of(odd)))
    assert by_hand() == []


def test_a_deleted_schedule_is_told_to_be_gone(acme, owner):
    row = seeded(acme)
    owner.post(f"{LIST}{row.pk}/delete/", {"post": "yes"})

    answer = owner.post(run_now_of(row))

    assert answer["Location"] == LIST
    assert "somebody has deleted it" in told(answer)


def test_a_viewer_neither_runs_nor_stops(acme, viewer):
    row = seeded(acme)
    run = going_run(acme, row)
    page = viewer.get(page_of(row)).text + viewer.get(f"{RUNS}{run.pk}/change/").text

    for address in (run_now_of(row), stop_of(run)):
        assert address not in page
        assert viewer.get(address).status_code == viewer.post(address).status_code == 403
    assert by_hand() == []
    assert state_of(acme, run) == "running"


def test_without_the_csrf_token_nothing_is_run_or_stopped(acme, owner):
    owner.handler.enforce_csrf_checks = True
    row = seeded(acme)
    run = going_run(acme, row)

    assert owner.post(run_now_of(row)).status_code == owner.post(stop_of(run)).status_code == 403
    assert by_hand() == []


# Stop --------------------------------------------------------------------------------------------
def test_a_run_that_is_going_is_stopped_from_either_page(acme, globex, owner):
    row = seeded(acme)
    run, others = going_run(acme, row), make_run(globex)
    for page in (page_of(row), f"{RUNS}{run.pk}/change/"):
        assert stop_of(run) in owner.get(page).text

    assert "ends before its next step" in owner.get(stop_of(run)).text
    assert state_of(acme, run) == "running"

    assert "is stopped" in told(owner.post(stop_of(run)))
    assert (state_of(acme, run), state_of(globex, others)) == ("cancelled", "running")
    for page in (page_of(row), f"{RUNS}{run.pk}/change/"):
        assert stop_of(run) not in owner.get(page).text


def test_a_run_that_has_ended_is_told_so(acme, owner):
    run = make_run(acme, state="succeeded")

    for answer in (owner.get(stop_of(run)), owner.post(stop_of(run))):
        assert answer["Location"] == f"{RUNS}{run.pk}/change/"
        assert "is not going" in told(answer)
    assert state_of(acme, run) == "succeeded"


def test_another_tenants_run_is_no_run(acme, globex):
    run = make_run(acme)

    assert "somebody has deleted it" in told(owner_of("globex").post(stop_of(run)))
    assert state_of(acme, run) == "running"


def test_a_schedules_page_takes_no_more_queries_for_more_runs(acme, owner):
    row = seeded(acme)
    make_run(acme, periodic_task_id=row.pk, slot_at=NOON.replace(hour=11))
    before = queries_for(owner, page_of(row))
    for hour in range(5):
        make_run(acme, periodic_task_id=row.pk, slot_at=NOON.replace(hour=hour))

    assert queries_for(owner, page_of(row)) <= before
