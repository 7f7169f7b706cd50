"""Runs are kept as long as their tenant says, and no run that still matters is forgotten."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context, tenant_context

from scheduling.models import Run, RunRetention
from scheduling.retention import forget_old_runs
from tenants.audit.models import Entry
from tenants.housekeeping import forget_everywhere
from tests.conftest import NOON
from tests.people import errors_of, logged_in, make_user, owner_of
from tests.scheduling.builders import make_firing

DAY = timedelta(days=1)
PAGE = "/admin/scheduling/runretention/1/change/"


def make_run(days_old, state="succeeded", **fields):
    given = {"periodic_task_id": 1, "trigger": "schedule", "name": f"{days_old} days"}
    return Run.objects.create(slot_at=NOON - days_old * DAY, state=state, **given | fields)


def make_runs(tenant, *days_old):
    with tenant_context(tenant):
        for number in days_old:
            make_run(number)


def left(tenant):
    with tenant_context(tenant):
        return [run.name for run in Run.objects.order_by("-slot_at")]


def retention(tenant):
    with tenant_context(tenant):
        return RunRetention.current()


def keep_for(tenant, days):
    with tenant_context(tenant):
        RunRetention(pk=1, runs_kept_days=days).save()


# Every night -----------------------------------------------------------------------------------
def test_runs_are_kept_as_long_as_each_tenant_says(acme, globex):
    keep_for(acme, 30)
    for tenant in (acme, globex):
        make_runs(tenant, 29, 31, 399, 401)

    forget_everywhere(NOON)
    forget_everywhere(NOON)

    assert left(acme) == ["29 days"]
    assert left(globex) == ["29 days", "31 days", "399 days"]


def test_the_platform_says_how_long_where_the_tenant_does_not(acme, settings):
    settings.RUNS_KEPT_DAYS = 10
    make_runs(acme, 9, 11)

    forget_everywhere(NOON)

    assert left(acme) == ["9 days"]


def test_what_is_not_over_is_never_forgotten(in_acme):
    for number, state in enumerate(Run.State.values):
        make_run(500 + number, state)

    forget_old_runs(NOON)

    assert set(Run.objects.values_list("state", flat=True)) == {"running", "held"}


def test_a_run_whose_firing_is_not_settled_is_kept(acme, globex):
    make_runs(acme, 500, 501)
    make_runs(globex, 500, 501)
    with schema_context("public"):
        make_firing(acme, NOON - 500 * DAY, state="published")
        make_firing(globex, NOON - 500 * DAY, state="settled")

    forget_everywhere(NOON)

    assert left(acme) == ["500 days"]
    assert left(globex) == []


def test_many_are_forgotten_in_batches_oldest_first(in_acme):
    make_runs(in_acme, *range(500, 505))

    with CaptureQueriesContext(connection) as sent:
        forget_old_runs(NOON, batch=2)

    deletions = [query for query in sent if query["sql"].startswith("DELETE")]
    assert len(deletions) == 3
    assert not Run.objects.exists()


def test_it_is_known_since_when_runs_are_kept(acme, globex):
    make_runs(acme, 500)

    forget_everywhere(NOON)

    assert retention(acme).runs_kept_since == NOON - 400 * DAY
    assert retention(globex).runs_kept_since is None


def test_what_was_forgotten_stays_so_when_runs_are_kept_for_longer(acme):
    keep_for(acme, 7)
    make_runs(acme, 8)
    forget_everywhere(NOON)
    with tenant_context(acme):
        RunRetention.objects.update(runs_kept_days=100)
    make_runs(acme, 200)

    forget_everywhere(NOON)

    assert left(acme) == []
    assert retention(acme).runs_kept_since == NOON - 7 * DAY


def test_forgetting_is_no_change_of_the_setting(acme):
    make_runs(acme, 500)

    forget_everywhere(NOON)

    with tenant_context(acme):
        assert not Entry.objects.filter(model="scheduling.runretention").exists()


# The row ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("days", [6, 3651])
def test_no_sql_sets_it_to_less_than_a_week_or_more_than_ten_years(in_acme, days):
    RunRetention(pk=1, runs_kept_days=7).save()

    with pytest.raises(IntegrityError), transaction.atomic():
        RunRetention.objects.update(runs_kept_days=days)


@pytest.mark.parametrize("instant", ["infinity", "0044-03-15 BC"])
def test_no_sql_writes_an_instant_that_no_process_could_read(in_acme, instant):
    RunRetention(pk=1).save()

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE scheduling_runretention SET runs_kept_since = %s", [instant])


def test_there_is_one_row_and_no_other(in_acme):
    with pytest.raises(IntegrityError), transaction.atomic():
        RunRetention(pk=2).save()


# The pages -------------------------------------------------------------------------------------
def test_the_runs_page_says_how_long_they_are_kept(acme, globex):
    keep_for(acme, 30)

    assert b"Runs are kept for 30 days." in owner_of("acme").get("/admin/scheduling/run/").content
    theirs = owner_of("globex").get("/admin/scheduling/run/").content
    assert b"Runs are kept for 400 days." in theirs


def save(client, days):
    return client.post(PAGE, {"runs_kept_days": days})


def test_whoever_may_change_schedules_may_change_it(acme, globex):
    make_user(acme, "ann@acme.test", "manager")
    ann = logged_in("acme", "ann@acme.test")
    assert PAGE.encode() in ann.get("/admin/scheduling/run/").content
    assert ann.get("/admin/scheduling/runretention/").url == PAGE

    answer = save(ann, "30")
    save(ann, "60")

    assert answer.url == "/admin/scheduling/run/"
    assert (retention(acme).days, retention(globex).days) == (60, 400)


def test_the_change_is_in_the_audit_log(acme):
    client = owner_of("acme")
    for days in ("30", "60", ""):
        save(client, days)

    with tenant_context(acme):
        entries = Entry.objects.filter(model="scheduling.runretention").order_by("pk")
        assert [entry.changes for entry in entries] == [
            {"runs_kept_days": [None, 30]},
            {"runs_kept_days": [30, 60]},
            {"runs_kept_days": [60, None]},
        ]
        assert {entry.actor for entry in entries} == {"owner@acme.test"}


def test_empty_means_as_long_as_the_platform_keeps_them(acme):
    client = owner_of("acme")
    save(client, "30")

    save(client, "")

    assert retention(acme).days == 400


@pytest.mark.parametrize("days", ["6", "3651", "0", "-1", "a week"])
def test_what_is_too_short_or_too_long_is_refused_at_its_field(acme, days):
    answer = save(owner_of("acme"), days)

    assert set(errors_of(answer)) == {"runs_kept_days"}
    assert retention(acme).days == 400


def test_a_viewer_reads_the_sentence_and_changes_nothing(acme):
    make_user(acme, "bob@acme.test", "viewer")
    bob = logged_in("acme", "bob@acme.test")

    page = bob.get("/admin/scheduling/run/").content

    assert b"Runs are kept for 400 days." in page
    assert PAGE.encode() not in page
    assert bob.get("/admin/scheduling/runretention/").status_code == 403
    assert save(bob, "30").status_code == 403


@pytest.mark.parametrize("path", ["add/", "1/delete/", "2/change/"])
def test_there_is_no_second_one_and_none_to_delete(acme, path):
    answer = owner_of("acme").post(f"/admin/scheduling/runretention/{path}", {"post": "yes"})

    assert answer.status_code in {302, 403, 404}
    with tenant_context(acme):
        assert not RunRetention.objects.exists()


def test_since_when_they_are_kept_cannot_be_posted(acme):
    owner_of("acme").post(PAGE, {"runs_kept_days": "30", "runs_kept_since_0": "2020-01-01"})

    assert retention(acme).runs_kept_since is None
