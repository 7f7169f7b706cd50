"""Held runs that an owner or manager approves or dismisses: once, for this run, as things are then."""

import pytest
from django.db import ProgrammingError, connection, transaction
from django_celery_beat.models import PeriodicTask
from django_tenants.utils import tenant_context

from scheduling.agenda.clock import database_now
from scheduling.agenda.holding import hasten_released
from scheduling.agenda.models import Firing
from scheduling.models import Run
from tenants.audit.models import Entry
from tests.conftest import NOON
from tests.people import logged_in, make_user, owner_of, queries_for, told
from tests.scheduling.builders import make_firing
from tests.scheduling.delivery import runs_of
from tests.scheduling.holdings import (
    HOUR,
    closed_in,
    come_back,
    held,
    hold_of,
    let_expire,
    make_orders,
    run,
    run_of,
)


@pytest.fixture
def owner(acme, globex):
    return owner_of("acme")


@pytest.fixture
def firing(acme):
    return held(acme)


def page_of(firing, page="approval"):
    return f"/admin/scheduling/run/{run_of(firing).pk}/{page}/"


def approve(client, firing, seen=101):
    return client.post(page_of(firing), {"decision": "approve", "seen": seen})


def dismiss(client, firing):
    return client.post(page_of(firing), {"decision": "dismiss"})


def go_on(firing):
    """Have beat and a worker come to what was decided."""
    hasten_released(database_now())
    return come_back(firing)


def test_the_page_says_what_it_would_close_as_things_are_now(acme, owner, firing):
    make_orders(acme, 9)

    page = owner.get(page_of(firing))

    assert "It would close 101; usually a run closes about 10." in page.text
    assert page.context["number"] == 110
    assert "110.00 EUR in all" in page.text
    assert "/admin/orders/order/" in page.text
    assert closed_in(acme) == 0


def test_an_approved_run_goes_on_as_of_its_slot_once(acme, owner, firing):
    make_orders(acme, 5, placed_at=NOON - 30 * 24 * HOUR + HOUR)

    assert "is approved" in told(approve(owner, firing))
    before = run_of(firing)
    found = go_on(firing)
    run(firing)

    assert (found.pk, found.state, found.closed, found.error) == (before.pk, "succeeded", 101, "")
    assert closed_in(acme) == 101
    assert (firing.state, firing.outcome) == ("settled", "succeeded")
    assert len([one for one in runs_of(acme) if one.slot_at == NOON]) == 1


def test_beat_hastens_what_was_decided_and_nothing_else(acme, globex, owner, firing):
    other = held(globex)
    approve(owner, firing)
    now = database_now()

    assert hasten_released(now) == 1
    assert hasten_released(now) == 0

    firing.refresh_from_db()
    other.refresh_from_db()
    assert (firing.publish_at, firing.planned_at, firing.released) == (now, now, None)
    assert other.released is False


def test_an_approved_run_waits_for_another_one_of_its_schedule(acme, owner, firing):
    make_firing(acme, NOON + HOUR, firing.periodic_task_id, state="started")
    approve(owner, firing)

    hasten_released(database_now())

    firing.refresh_from_db()
    assert firing.waits


def test_who_decided_is_shown_and_in_the_audit_log(acme, owner, firing):
    approve(owner, firing)

    assert "Approved by owner@acme.test" in owner.get(page_of(firing, "change")).text
    with tenant_context(acme):
        entry = Entry.objects.filter(model="scheduling.run").latest("pk")
    assert (entry.actor, entry.changes["state"]) == ("owner@acme.test", ["held", "running"])


def test_a_dismissed_run_is_skipped_and_says_by_whom(acme, owner, firing):
    assert "is dismissed" in told(dismiss(owner, firing))

    found = go_on(firing)

    assert (found.state, closed_in(acme)) == ("skipped", 0)
    assert "owner@acme.test dismissed it" in found.error
    assert (firing.state, firing.outcome) == ("settled", "skipped")
    assert "Dismissed by owner@acme.test" in owner.get(page_of(firing, "change")).text


def test_after_a_decision_the_next_unusual_run_is_held(acme, owner, firing):
    dismiss(owner, firing)

    assert run(make_firing(acme, NOON + HOUR, firing.periodic_task_id)).state == "held"


# Who may ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("manager", 302), ("owner", 302)])
def test_owners_and_managers_decide_and_viewers_look(acme, firing, role, status):
    make_user(acme, "ann@acme.test", role)
    ann = logged_in("acme", "ann@acme.test")

    page = ann.get(page_of(firing, "change")).text

    assert "awaits approval" in page
    assert (page_of(firing) in page) == (status == 302)
    assert ann.get(page_of(firing)).status_code == (200 if status == 302 else 403)
    assert approve(ann, firing).status_code == status
    assert run_of(firing).state == ("running" if status == 302 else "held")


def test_another_tenants_run_is_not_there(acme, globex, firing):
    stranger = owner_of("globex")

    assert approve(stranger, firing).status_code == 404
    assert dismiss(stranger, firing).status_code == 404

    assert run_of(firing).state == "held"


def test_nobody_decides_without_a_form_of_ours(acme, firing):
    client = owner_of("acme")
    client.handler.enforce_csrf_checks = True

    assert approve(client, firing).status_code == 403
    assert run_of(firing).state == "held"


# Too late, twice, forged -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (approve, approve, "approved already, by owner@acme.test"),
        (approve, dismiss, "approved already, by owner@acme.test"),
        (dismiss, approve, "dismissed already, by owner@acme.test"),
        (dismiss, dismiss, "dismissed already, by owner@acme.test"),
    ],
)
@pytest.mark.parametrize("has_gone_on", [False, True])
def test_what_was_decided_stays_so(acme, owner, firing, first, second, message, has_gone_on):
    first(owner, firing)
    if has_gone_on:
        go_on(firing)
    before = run_of(firing).state

    answer = second(owner, firing)

    assert message in told(answer)
    assert answer["Location"] == page_of(firing, "change")
    assert run_of(firing).state == before


@pytest.mark.parametrize("decide", [approve, dismiss])
@pytest.mark.parametrize("has_come_back", [False, True])
def test_too_late_is_told_so(acme, owner, firing, decide, has_come_back):
    let_expire(firing)
    if has_come_back:
        come_back(firing)

    assert "Too late" in told(decide(owner, firing))
    assert "Too late" in told(owner.get(page_of(firing)))

    assert has_come_back or come_back(firing).state == "skipped"
    assert closed_in(acme) == 0


def test_a_run_that_was_never_held_is_not_decided_about(acme, owner, firing):
    with tenant_context(acme):
        other = Run.objects.exclude(pk=run_of(firing).pk).first()

    answer = owner.post(f"/admin/scheduling/run/{other.pk}/approval/", {"decision": "approve"})

    assert "does not wait for approval" in told(answer)
    assert owner.get("/admin/scheduling/run/999999/approval/").status_code == 404


def test_one_that_staff_stopped_is_told_so(acme, owner, firing):
    Firing.objects.filter(pk=firing.pk).update(stop_requested_at=database_now())
    come_back(firing)

    assert "ended otherwise" in told(approve(owner, firing))


def test_what_is_more_by_now_is_shown_again(acme, owner, firing):
    make_orders(acme, 1)

    answer = approve(owner, firing, seen=101)

    assert "more by now" in told(answer)
    assert answer["Location"] == page_of(firing)
    assert run_of(firing).state == "held"
    assert "is approved" in told(approve(owner, firing, seen=102))


@pytest.mark.parametrize("seen", ["", "x", "-1", "²", "1e9", "9" * 400])
def test_a_forged_figure_approves_nothing(acme, owner, firing, seen):
    assert "more by now" in told(approve(owner, firing, seen))
    assert run_of(firing).state == "held"


@pytest.mark.parametrize("decision", ["", "delete", "APPROVE"])
def test_a_decision_that_is_none_is_told_so(acme, owner, firing, decision):
    answer = owner.post(page_of(firing), {"decision": decision, "seen": 101})

    assert "approved or dismissed" in told(answer)
    assert run_of(firing).state == "held"


# What was approved is what is done ----------------------------------------------------------------
def test_an_approved_run_keeps_to_what_it_was_held_with(acme, owner, firing):
    make_orders(acme, 7, placed_at=NOON - 3 * 24 * HOUR)
    with tenant_context(acme):
        PeriodicTask.objects.filter(pk=firing.periodic_task_id).update(kwargs='{"days": 1}')

    assert "The schedule was changed since" in owner.get(page_of(firing)).text
    approve(owner, firing)

    assert go_on(firing).closed == 101


def test_a_run_whose_schedule_is_gone_can_only_be_dismissed(acme, owner, firing):
    with tenant_context(acme):
        PeriodicTask.objects.filter(pk=firing.periodic_task_id).delete()

    assert "can only be dismissed" in owner.get(page_of(firing)).text
    assert "can only be dismissed" in told(approve(owner, firing))
    assert "is dismissed" in told(dismiss(owner, firing))


def test_a_schedule_that_is_paused_meanwhile_keeps_no_approved_run(acme, owner, firing):
    with tenant_context(acme):
        PeriodicTask.objects.filter(pk=firing.periodic_task_id).update(enabled=False)
    approve(owner, firing)

    assert go_on(firing).state == "succeeded"


# What a tenant's SQL can do ----------------------------------------------------------------------
@pytest.mark.parametrize(
    "change",
    [
        "released = NULL",
        "released = true, publish_at = '-infinity'",
        "released = true, state = 'settled'",
        "released = false, stop_requested_at = now()",
        "stop_requested_at = now()",
    ],
)
def test_sql_writes_a_decision_and_nothing_else(acme, firing, change):
    kept = Firing.objects.values().get(pk=firing.pk)

    with tenant_context(acme), pytest.raises(ProgrammingError), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE public.agenda_firing SET {change}")

    assert Firing.objects.values().get(pk=firing.pk) == kept


def test_sql_releases_no_other_tenants_firing(acme, globex, firing):
    with tenant_context(globex), connection.cursor() as cursor:
        cursor.execute("UPDATE public.agenda_firing SET released = true")

        assert cursor.rowcount == 0


def test_a_release_without_a_decision_leaves_the_run_held(acme, firing):
    Firing.objects.filter(pk=firing.pk).update(released=True)

    assert go_on(firing).state == "held"
    assert firing.released is False
    assert closed_in(acme) == 0


def test_an_approval_reaches_a_firing_that_is_with_a_worker_just_then(acme, owner, firing):
    Firing.objects.filter(pk=firing.pk).update(state="published")
    approve(owner, firing)

    assert come_back(firing).state == "succeeded"
    assert firing.released is None


# Lists -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("page", ["run", "schedule"])
def test_lists_tell_of_what_awaits_approval(acme, globex, owner, firing, page):
    link = page_of(firing, "change")

    assert link in owner.get(f"/admin/scheduling/{page}/").text
    assert "Awaiting approval" not in owner_of("globex").get(f"/admin/scheduling/{page}/").text

    dismiss(owner, firing)
    assert "Awaiting approval" not in owner.get(f"/admin/scheduling/{page}/").text


def test_the_page_takes_few_queries(acme, owner, firing):
    assert queries_for(owner, page_of(firing)) < 30
    few = queries_for(owner, page_of(firing))
    make_orders(acme, 50)
    assert queries_for(owner, page_of(firing)) == few


def test_a_hold_ends_with_the_decision(acme, owner, firing):
    approve(owner, firing)

    assert hold_of(firing).ended_at
    assert (hold_of(firing).decision, hold_of(firing).by) == ("approved", "owner@acme.test")
