"""Undoing a run: within its time, once, in short steps, and told in the audit log."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django_tenants.utils import tenant_context

from scheduling.agenda.clock import database_now
from scheduling.models import Run, Undo
from scheduling.retention import forget_old_runs
from scheduling.undoing import PAGE_SECONDS, finish_begun, undo
from tenants.audit.models import Entry
from tests.scheduling.builders import CLOSING
from tests.scheduling.undoings import DAY, make_run, run_that_closed, statuses

SECOND = timedelta(seconds=1)


def undone(tenant, run, now=None, seconds=PAGE_SECONDS):
    with tenant_context(tenant):
        return undo(run, by="owner@acme.test", now=now or database_now(), seconds=seconds)


def test_a_run_is_undone_in_its_tenant_alone(acme, globex):
    run = run_that_closed(acme, 3)
    run_that_closed(globex, 2)

    done = undone(acme, run)

    assert (done.is_finished, done.undo.done, done.busy) == (True, 3, 0)
    assert statuses(acme) == ["open"] * 3
    assert statuses(globex) == ["closed"] * 2


def test_a_second_undo_is_told_so_and_reopens_nothing(acme):
    run = run_that_closed(acme, 2)
    undone(acme, run)

    with pytest.raises(ValidationError, match="undone already, by owner") as refused:
        undone(acme, run)

    assert refused.value.code == "undone"
    with tenant_context(acme):
        assert Undo.objects.get().done == 2


def test_it_is_too_late_after_seven_days(acme, settings):
    run = run_that_closed(acme, 1)
    last = run.finished_at + 7 * DAY

    with pytest.raises(ValidationError, match="Too late: a run can be undone for 7 days"):
        undone(acme, run, now=last)
    settings.RUN_UNDO_DAYS = 6
    with pytest.raises(ValidationError, match="6 days"):
        undone(acme, run, now=last - SECOND)
    settings.RUN_UNDO_DAYS = 7

    assert undone(acme, run, now=last - SECOND).is_finished


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "running", "finished_at": None, "closed": 3},
        {"state": "held", "finished_at": None, "closed": 3},
        {"closed": 0},
        {"task": "orders.tasks.make_daily_report", "closed": 3},
        {"task": "nobody.knows.it", "closed": 3},
    ],
)
def test_there_is_nothing_to_undo_of_what_is_not_over_or_did_nothing(acme, fields):
    with tenant_context(acme):
        run = make_run(**{"task": CLOSING} | fields)

    with pytest.raises(ValidationError, match="There is nothing to undo"):
        undone(acme, run)


def test_what_takes_too_long_for_a_page_goes_on_later_though_it_is_too_late_to_begin(acme):
    run = run_that_closed(acme, 3)

    begun = undone(acme, run, seconds=0)
    assert (begun.is_finished, begun.undo.done) == (False, 0)
    assert statuses(acme) == ["closed"] * 3

    finished = undone(acme, run, now=run.finished_at + 8 * DAY)
    assert (finished.is_finished, finished.undo.done) == (True, 3)


def test_what_nobody_went_on_with_is_finished_in_the_night(acme):
    run = run_that_closed(acme, 3)
    undone(acme, run, seconds=0)

    with tenant_context(acme):
        for _ in range(2):
            finish_begun(database_now() + SECOND)

        assert Undo.objects.get().finished_at is not None
    assert statuses(acme) == ["open"] * 3


def test_the_night_begins_no_undo(acme):
    run_that_closed(acme, 1)

    with tenant_context(acme):
        finish_begun(database_now() + SECOND)

    assert statuses(acme) == ["closed"]


def test_who_began_and_what_came_of_it_is_in_the_audit_log(acme):
    run = run_that_closed(acme, 2)

    undone(acme, run)

    with tenant_context(acme):
        began, finished = Entry.objects.filter(model="scheduling.undo").order_by("pk")
    assert (began.action, began.changes["by"]) == ("create", [None, "owner@acme.test"])
    assert (finished.action, finished.changes["done"]) == ("update", [0, 2])


def test_an_undo_is_forgotten_with_its_run(acme, settings):
    run = run_that_closed(acme, 1, days_ago=5)
    undone(acme, run)
    settings.RUNS_KEPT_DAYS = 2

    with tenant_context(acme):
        forget_old_runs(database_now())

        assert not Run.objects.exists()
        assert not Undo.objects.exists()
