"""A tenant's schedules and runs in its own admin, as a person uses it."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
)
from django_tenants.utils import tenant_context

from scheduling.agenda.models import Firing
from scheduling.models import Run
from tests.conftest import NOON
from tests.people import do, errors_of, logged_in, make_user, owner_of, queries_for, told
from tests.scheduling.builders import CLOSING, make_periodic_task

LIST = "/admin/scheduling/schedule/"
WEEKLY = {
    "name": "Every Monday",
    "task": CLOSING,
    "crontab": "30 6 * * 1",
    "timezone": "Europe/Berlin",
    "days": "45",
    "enabled": "on",
}
POISON = {
    "queue": "platform",
    "headers": '{"_schema_name": "public"}',
    "args": "[1]",
    "kwargs": '{"days": 1}',
    "exchange": "x",
    "routing_key": "x",
    "priority": "1",
    "one_off": "on",
    "interval": "1",
    "expires_0": "2020-01-01",
    "total_run_count": "7",
}


@pytest.fixture
def owner(acme):
    return owner_of("acme")


def row_of(tenant, **lookup):
    with tenant_context(tenant):
        return PeriodicTask.objects.select_related("crontab").get(**lookup)


def crontab_of(row):
    fields = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
    return " ".join(getattr(row.crontab, field) for field in fields), str(row.crontab.timezone)


def seeded(tenant):
    return row_of(tenant, name="Close old orders")


def add(client, **fields):
    return client.post(f"{LIST}add/", WEEKLY | fields)


def change(client, row, **fields):
    given = {key: WEEKLY[key] for key in ("crontab", "timezone", "days", "enabled")}
    return client.post(f"{LIST}{row.pk}/change/", {"name": row.name} | given | fields)


def written(tenant, **fields):
    """Store a periodic task past all forms."""
    with tenant_context(tenant):
        return make_periodic_task(**fields)


def rows(client):
    """Return the schedules of the list by name."""
    return {row.name: row for row in client.get(LIST).context["cl"].result_list}


# Writing ---------------------------------------------------------------------------------------
def test_a_new_schedule_is_upstreams_row_in_one_schema(acme, globex, owner):
    add(owner)

    row = row_of(acme, name="Every Monday")
    assert crontab_of(row) == ("30 6 * * 1", "Europe/Berlin")
    assert (row.task, json.loads(row.kwargs), row.enabled) == (CLOSING, {"days": 45}, True)
    with tenant_context(globex):
        assert not PeriodicTask.objects.filter(name="Every Monday").exists()


def test_the_form_begins_with_the_tenants_zone_and_the_tasks_defaults(owner):
    form = owner.get(f"{LIST}add/").context["adminform"].form

    assert form["timezone"].value() == "Europe/Berlin"
    assert form["days"].value() == 30
    assert (CLOSING, "Close old orders") in form.fields["task"].choices


def test_a_schedule_is_changed_with_a_row_of_its_own(acme, owner):
    """Crontab rows are values: two schedules may share one, and only one of them is changed."""
    shared = seeded(acme)
    other = written(acme, name="other")
    with tenant_context(acme):
        PeriodicTask.objects.filter(pk=other.pk).update(crontab=shared.crontab_id)

    change(owner, shared, timezone="America/New_York", name="Renamed")

    assert crontab_of(row_of(acme, pk=shared.pk)) == ("30 6 * * 1", "America/New_York")
    assert row_of(acme, pk=shared.pk).name == "Renamed"
    assert crontab_of(row_of(acme, pk=other.pk)) == ("0 0 * * *", "Europe/Berlin")


def test_the_change_form_shows_what_is_stored(acme, owner):
    row = seeded(acme)
    change(owner, row)

    form = owner.get(f"{LIST}{row.pk}/change/").context["adminform"].form

    shown = {name: form[name].value() for name in ("crontab", "timezone", "days", "enabled")}
    assert shown == {
        "crontab": "30 6 * * 1",
        "timezone": "Europe/Berlin",
        "days": 45,
        "enabled": True,
    }


@pytest.mark.parametrize(
    ("field", "wrong", "says"),
    [
        ("crontab", {"crontab": "31 25 * * *"}, "hour: 25 is out of range; use 0 to 23"),
        ("crontab", {"crontab": "0 0 31 2 *"}, "day of month: day 31 never comes in February"),
        ("crontab", {"crontab": "1,,2 * * * *"}, "minute:"),
        ("crontab", {"crontab": "-5 * * * *"}, "minute:"),
        ("crontab", {"crontab": "*/0 * * * *"}, "minute:"),
        ("crontab", {"crontab": "0 0 * foo *"}, "month:"),
        ("crontab", {"crontab": "0 0 * * 8"}, "day of week: 8 is out of range"),
        ("crontab", {"crontab": "31 2"}, "2 fields; use five"),
        ("crontab", {"crontab": ""}, "required"),
        ("crontab", {"crontab": "* " * 400}, "at most 600"),
        ("timezone", {"timezone": "Mars/Olympus"}, "not one of the available"),
        ("days", {"days": "0"}, ""),
        ("days", {"days": "many"}, "whole number"),
        ("days", {"days": "9" * 30}, ""),
        ("name", {"name": ""}, "required"),
        ("name", {"name": "   "}, "required"),
        ("name", {"name": "Close old orders"}, "already"),
        ("name", {"name": "x" * 201}, "at most 200"),
        ("task", {"task": "os.system"}, "not one of the available"),
        ("task", {"task": "tenants.tasks.build_tenant"}, "not one of the available"),
    ],
)
def test_what_cannot_be_is_told_at_its_field(acme, owner, field, wrong, says):
    answer = add(owner, **wrong)

    errors = errors_of(answer)
    assert list(errors) == [field]
    assert says in errors[field]
    with tenant_context(acme):
        assert not PeriodicTask.objects.filter(name=WEEKLY["name"]).exists()


def test_a_refused_change_changes_nothing(acme, owner):
    row = seeded(acme)

    errors = errors_of(change(owner, row, crontab="61 * * * *", name="Renamed"))

    assert errors == {"crontab": "minute: 61 is out of range; use 0 to 59"}
    after = row_of(acme, pk=row.pk)
    assert (after.name, crontab_of(after)) == (row.name, crontab_of(row))


def test_a_name_in_use_is_told_when_renaming_too(acme, owner):
    add(owner)

    assert list(errors_of(change(owner, seeded(acme), name="Every Monday"))) == ["name"]


def test_parameters_of_another_task_are_asked_for_before_they_are_stored(acme, owner):
    form = add(owner, days="").context["adminform"].form
    assert "days" in form.errors
    without = {key: value for key, value in WEEKLY.items() if key != "days"}

    answer = owner.post(f"{LIST}add/", without)

    assert list(errors_of(answer)) == ["days"]
    assert answer.context["adminform"].form["days"].value() == 30


def test_nothing_else_of_a_periodic_task_can_be_posted(acme, owner):
    add(owner, **POISON)
    row = row_of(acme, name="Every Monday")
    change(owner, row, task="tenants.tasks.build_tenant", **POISON)

    after = row_of(acme, pk=row.pk)
    assert (after.task, json.loads(after.kwargs)) == (CLOSING, {"days": 45})
    assert (after.queue, after.exchange, after.routing_key, after.priority) == (None,) * 4
    assert (after.args, after.headers, after.expires) == ("[]", "{}", None)
    assert (after.interval, after.one_off, after.total_run_count) == (None, False, 0)


def test_anothers_schedule_is_out_of_reach_by_its_number(acme, globex, owner):
    theirs = written(globex, name="theirs", id=4711)

    assert owner.get(f"{LIST}{theirs.pk}/change/").status_code == 302
    do(owner, "scheduling/schedule", "pause", [theirs.pk])
    assert row_of(globex, pk=theirs.pk).enabled


# Rows written past all forms -------------------------------------------------------------------
def test_a_row_in_quarantine_is_listed_with_its_reason_and_healed_by_saving(acme, owner):
    row = written(acme, name="odd", headers="[]", kwargs='{"nonsense": 1}', queue="platform")
    assert "headers" in rows(owner)["odd"].overview["problem"]

    change(owner, row)

    assert rows(owner)["odd"].overview["problem"] is None


@pytest.mark.parametrize(
    "odd",
    [
        {"timezone": "Mars/Olympus"},
        {"crontab": "61 * * * *"},
        {"kwargs": "{"},
        {"kwargs": '{"days": {"a": [1]}}'},
        {"task": "no.such.task"},
        {"args": "["},
    ],
)
def test_no_row_breaks_a_page(acme, owner, odd):
    row = written(acme, name="odd", **odd)

    assert rows(owner)["odd"].overview["problem"]
    for page in ("change", "delete", "history"):
        assert owner.get(f"{LIST}{row.pk}/{page}/").status_code == 200
    do(owner, "scheduling/schedule", "pause", [row.pk])
    owner.post(f"{LIST}{row.pk}/delete/", {"post": "yes"})
    assert "odd" not in rows(owner)


def test_a_zone_that_does_not_exist_is_not_shown_as_another(acme, owner):
    row = written(acme, name="odd", timezone="Mars/Olympus")

    form = owner.get(f"{LIST}{row.pk}/change/").context["adminform"].form

    assert form["timezone"].value() == "Europe/Berlin"


def test_a_schedule_of_a_task_that_is_not_offered_cannot_be_written(acme, owner):
    row = written(acme, name="odd", task="tenants.tasks.build_tenant")

    assert change(owner, row).status_code == 403


@pytest.mark.parametrize("kind", ["interval", "clocked"])
def test_another_kind_is_edited_by_replacing_it_with_a_crontab(acme, owner, kind):
    with tenant_context(acme):
        schedule = {
            "interval": lambda: IntervalSchedule.objects.create(every=3, period="hours"),
            "clocked": lambda: ClockedSchedule.objects.create(clocked_time=NOON),
        }[kind]()
    row = written(acme, name="odd", one_off=kind == "clocked", **{kind: schedule})
    page = owner.get(f"{LIST}{row.pk}/change/").content.decode()

    change(owner, row)

    after = row_of(acme, pk=row.pk)
    assert "only by replacing it" in page
    assert crontab_of(after) == ("30 6 * * 1", "Europe/Berlin")
    assert (getattr(after, kind), after.one_off) == (None, False)


# The list --------------------------------------------------------------------------------------
def test_the_list_shows_the_next_slot_on_the_schedules_own_clock(acme, owner, time_machine):
    time_machine.move_to(NOON, tick=False)
    with tenant_context(acme):
        PeriodicTask.objects.all().delete()
    owner = owner_of("acme")
    add(owner, crontab="30 6 * * *", timezone="Asia/Tokyo")

    page = owner.get(LIST).content.decode()

    assert "Close old orders" in page
    assert "30 6 * * *" in page
    assert "Asia/Tokyo" in page
    assert "Mon 23 Nov 2026, 06:30 JST" in page


def test_the_list_shows_how_the_last_run_ended(acme, owner):
    row = seeded(acme)
    with tenant_context(acme):
        for hours, state in ((0, "failed"), (1, "succeeded")):
            Run.objects.create(
                periodic_task_id=row.pk,
                slot_at=NOON + timedelta(hours=hours),
                state=state,
                trigger="schedule",
            )

    assert rows(owner)[row.name].overview["last_state"] == "succeeded"


def test_a_list_of_any_length_takes_the_same_queries(acme, owner):
    before = queries_for(owner, LIST)
    for number in range(15):
        written(acme, name=f"more {number}")

    assert queries_for(owner, LIST) == before


# Actions ---------------------------------------------------------------------------------------
def test_a_schedule_is_paused_and_resumed(acme, globex, owner):
    row = seeded(acme)

    do(owner, "scheduling/schedule", "pause", [row.pk])
    assert not seeded(acme).enabled
    assert rows(owner)[row.name].overview["next_at"] is None
    assert seeded(globex).enabled

    do(owner, "scheduling/schedule", "resume", [row.pk])
    assert seeded(acme).enabled
    assert rows(owner)[row.name].overview["next_at"] > timezone.now()


def test_a_run_by_hand_is_planned_for_this_tenant_alone(acme, globex, owner):
    row = seeded(acme)

    answer = do(owner, "scheduling/schedule", "run_now", [row.pk])

    (firing,) = Firing.objects.filter(trigger="manual")
    assert (firing.tenant, firing.periodic_task_id, firing.task) == (acme, row.pk, CLOSING)
    assert firing.state == "planned"
    assert "runs now" in told(answer)


def test_a_schedule_in_quarantine_is_not_run_and_says_why(acme, owner):
    row = written(acme, name="odd", crontab="61 * * * *")

    answer = do(owner, "scheduling/schedule", "run_now", [row.pk, seeded(acme).pk])

    assert "odd: minute: 61 is out of range" in told(answer)
    firings = Firing.objects.filter(trigger="manual")
    assert [firing.periodic_task_id for firing in firings] == [seeded(acme).pk]


def test_an_action_is_nothing_by_get(acme, owner):
    owner.get(f"{LIST}?action=run_now&_selected_action={seeded(acme).pk}")

    assert not Firing.objects.filter(trigger="manual").exists()


def test_an_action_without_the_csrf_token_is_refused(acme, owner):
    owner.handler.enforce_csrf_checks = True

    assert do(owner, "scheduling/schedule", "run_now", [seeded(acme).pk]).status_code == 403


def test_a_schedule_is_deleted_and_its_runs_stay(acme, owner):
    row = seeded(acme)
    with tenant_context(acme):
        Run.objects.create(periodic_task_id=row.pk, slot_at=NOON, name="kept", trigger="schedule")

    owner.post(f"{LIST}{row.pk}/delete/", {"post": "yes"})

    with tenant_context(acme):
        assert not PeriodicTask.objects.filter(pk=row.pk).exists()
        assert Run.objects.filter(name="kept").exists()
        assert CrontabSchedule.objects.filter(pk=row.crontab_id).exists()


# Roles -----------------------------------------------------------------------------------------
def test_a_viewer_sees_everything_and_writes_nothing(acme):
    make_user(acme, "viewer@acme.test", role="viewer")
    viewer, row = logged_in("acme", "viewer@acme.test"), seeded(acme)

    assert viewer.get(f"{LIST}{row.pk}/change/").status_code == 200
    assert add(viewer).status_code == 403
    assert change(viewer, row).status_code == 403
    assert viewer.post(f"{LIST}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    for action in ("pause", "run_now", "delete_selected"):
        do(viewer, "scheduling/schedule", action, [row.pk], post="yes")
    assert seeded(acme).enabled
    assert not Firing.objects.filter(trigger="manual").exists()


def test_a_manager_writes_schedules(acme):
    make_user(acme, "manager@acme.test", role="manager")
    manager = logged_in("acme", "manager@acme.test")

    assert add(manager).status_code == 302
    assert row_of(acme, name="Every Monday").enabled


# Runs ------------------------------------------------------------------------------------------
def test_runs_are_listed_newest_first_and_filtered(acme, globex, owner):
    with tenant_context(acme):
        for hours, state in ((0, "failed"), (1, "succeeded"), (2, "succeeded")):
            slot = NOON + timedelta(hours=hours)
            Run.objects.create(periodic_task_id=1, slot_at=slot, state=state, trigger="schedule")

    def states(query=""):
        page = owner.get(f"/admin/scheduling/run/{query}")
        return [run.state for run in page.context["cl"].result_list]

    assert states() == ["succeeded", "succeeded", "failed"]
    assert states("?state__exact=failed") == ["failed"]
    assert states("?trigger__exact=manual") == []
    assert owner_of("globex").get("/admin/scheduling/run/").context["cl"].result_count == 0


def test_runs_cannot_be_written_not_even_by_the_owner(acme, owner):
    with tenant_context(acme):
        run = Run.objects.create(periodic_task_id=1, slot_at=NOON, trigger="schedule")

    page = f"/admin/scheduling/run/{run.pk}"
    assert owner.get(f"{page}/change/").status_code == 200
    assert owner.post(f"{page}/change/", {"state": "succeeded"}).status_code == 403
    assert owner.post(f"{page}/delete/", {"post": "yes"}).status_code == 403
    assert owner.get("/admin/scheduling/run/add/").status_code == 403
