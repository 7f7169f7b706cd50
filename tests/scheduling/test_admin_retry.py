"""The button by which a failed run is tried again, and who may press it."""

import pytest
from django_tenants.utils import tenant_context

from scheduling.agenda.models import Firing
from scheduling.models import Retry, Run
from tests.orders.builders import make_order
from tests.people import logged_in, make_user, owner_of, told
from tests.scheduling.schedule_pages import seeded
from tests.scheduling.undoings import DAY, make_run


@pytest.fixture
def owner(acme):
    return owner_of("acme")


@pytest.fixture
def failed(acme):
    schedule = seeded(acme)
    with tenant_context(acme):
        run = make_run(periodic_task_id=schedule.pk, state="failed")
        make_order("old", placed_at=run.slot_at - 31 * DAY)
    return run


def page_of(run):
    return f"/admin/scheduling/run/{run.pk}/change/"


def retry_of(run):
    return f"/admin/scheduling/run/{run.pk}/retry/"


def firings():
    return Firing.objects.filter(trigger="manual").count()


def test_a_person_is_asked_once_more_and_tries_the_run_again(acme, owner, failed):
    assert retry_of(failed) in owner.get(page_of(failed)).text

    asked = owner.get(retry_of(failed)).text
    assert "Orders it would close: <strong>1</strong>" in asked
    assert firings() == 0

    assert "is tried again" in told(owner.post(retry_of(failed)))
    assert firings() == 1
    page = owner.get(page_of(failed)).text
    assert "owner@acme.test had it tried again" in page
    assert "It waits for a worker." in page
    assert retry_of(failed) not in page


def test_the_two_runs_name_each_other(acme, owner, failed):
    owner.post(retry_of(failed))
    with tenant_context(acme):
        asked = Retry.objects.get()
        new = Run.objects.create(
            periodic_task_id=asked.periodic_task_id, slot_at=asked.slot_at, trigger="retry"
        )

    assert page_of(new) in owner.get(page_of(failed)).text
    page = owner.get(page_of(new)).text
    assert page_of(failed) in page
    assert "this is that retry" in page


def test_twice_is_told_so(acme, owner, failed):
    owner.post(retry_of(failed))

    assert "tried again already, by owner@acme.test" in told(owner.post(retry_of(failed)))
    assert owner.get(retry_of(failed))["Location"] == page_of(failed)
    assert firings() == 1


def test_a_schedule_that_is_gone_is_told_before_anything_is_pressed(acme, owner, failed):
    with tenant_context(acme):
        seeded(acme).delete()

    assert "The schedule was deleted" in owner.get(retry_of(failed)).text
    assert "The schedule was deleted" in told(owner.post(retry_of(failed)))


def test_a_viewer_sees_and_tries_nothing(acme, failed):
    make_user(acme, "viewer@acme.test", "viewer")
    viewer = logged_in("acme", "viewer@acme.test")

    assert retry_of(failed) not in viewer.get(page_of(failed)).text
    assert viewer.get(retry_of(failed)).status_code == 403
    assert viewer.post(retry_of(failed)).status_code == 403
    assert firings() == 0


def test_the_other_tenants_owner_finds_no_such_run(globex, failed):
    assert owner_of("globex").post(retry_of(failed)).status_code == 404
    assert firings() == 0


@pytest.mark.parametrize("verb", ["undo", "retry"])
def test_what_another_site_forged_does_nothing(owner, failed, verb):
    owner.handler.enforce_csrf_checks = True

    answer = owner.post(f"/admin/scheduling/run/{failed.pk}/{verb}/")

    assert answer.status_code == 403
    assert firings() == 0


@pytest.mark.parametrize("verb", ["undo", "retry", "progress"])
@pytest.mark.parametrize("key", ["987654", "9" * 30, "-1", "x"])
def test_a_run_that_was_never_there_is_not_found(owner, verb, key):
    assert owner.get(f"/admin/scheduling/run/{key}/{verb}/").status_code in {302, 404}
