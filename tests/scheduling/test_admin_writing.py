"""Writing a schedule in a tenant's own admin, as a person does, and as an attacker would."""

import json

import pytest
from django_celery_beat.models import (
    PeriodicTask,
)
from django_tenants.utils import tenant_context

from tests.people import do, errors_of, owner_of
from tests.scheduling.builders import CLOSING
from tests.scheduling.schedule_pages import (
    LIST,
    WEEKLY,
    add,
    change,
    crontab_of,
    row_of,
    seeded,
    written,
)

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
