import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django_tenants.utils import tenant_context

from scheduling.agenda.clock import database_now
from scheduling.agenda.models import DueSlot, ScheduleVersion
from scheduling.agenda.reindex import reindex_changed
from scheduling.models import Run
from scheduling.overview import schedules_of
from tenants.postgresql.base import owner_rights
from tests.conftest import NOON
from tests.scheduling.builders import CLOSING, make_periodic_task, reindex_at


@pytest.fixture
def run(capsys):
    """Run a command and return what it answers with --json."""

    def run_command(*arguments):
        call_command(*arguments, "--json")
        return json.loads(capsys.readouterr().out)

    return run_command


def make_run(tenant, slot_at, **fields):
    with tenant_context(tenant):
        given = {"periodic_task_id": 1, "name": "Close", "task": CLOSING, "trigger": "schedule"}
        return Run.objects.create(slot_at=slot_at, **given | fields)


def test_set_cadence_answers_with_the_row_of_schedules(acme, run):
    row = run("set_cadence", "acme", "*/5 * * * *", "--param", "days=45")

    assert row | {"next_at": None} == {
        "tenant": "acme",
        "name": "Close old orders",
        "task": CLOSING,
        "kind": "crontab",
        "schedule": "*/5 * * * *",
        "timezone": "Europe/Berlin",
        "enabled": True,
        "next_at": None,
        "last_state": None,
        "problem": None,
    }
    assert row["next_at"].endswith("Z")


def test_a_paused_schedule_has_no_next_slot(acme, run):
    assert run("set_cadence", "acme", "0 0 * * *", "--pause")["next_at"] is None
    assert run("set_cadence", "acme", "0 0 * * *")["enabled"] is False
    assert run("set_cadence", "acme", "0 0 * * *", "--resume")["next_at"] is not None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nobody", "0 0 * * *"], "There is no tenant 'nobody'"),
        (["acme", "0 0 31 2 *"], "day_of_month: "),
        (["acme", "0 0 * * *", "--timezone", "Mars/Olympus"], "timezone: "),
        (["acme", "0 0 * * *", "--task", "os.system"], "task: 'os.system' cannot be scheduled"),
        (["acme", "0 0 * * *", "--param", "days"], "param: 'days' is not NAME=VALUE"),
        (["acme", "0 0 * * *", "--param", "days=soon"], "parameters: days: "),
    ],
)
def test_a_refusal_is_one_clear_line(acme, arguments, message):
    with pytest.raises(CommandError, match=message) as refusal:
        call_command("set_cadence", *arguments)

    assert "\n" not in str(refusal.value)


def test_schedules_are_listed_by_next_slot_with_problems_last(acme, globex):
    ScheduleVersion.objects.all().delete()  # of the hour at which the test runs
    for tenant in (acme, globex):
        reindex_at(tenant.schema_name, NOON)
    with tenant_context(globex):
        make_periodic_task(name="bad", crontab="1,,2 * * * *")
        make_periodic_task(name="soon", crontab="1 12 * * *")

    rows = schedules_of([acme, globex], NOON)

    assert [(row["tenant"], row["name"]) for row in rows] == [
        ("globex", "soon"),
        ("acme", "Close old orders"),
        ("globex", "Close old orders"),
        ("globex", "bad"),
    ]
    assert rows[0]["next_at"] == NOON + timedelta(minutes=1)
    assert rows[-1]["problem"].startswith("minute: ")
    assert rows[-1]["schedule"] == "1,,2 * * * *"


def test_a_tenant_whose_tables_cannot_be_read_has_a_line_that_says_so(acme, globex):
    with owner_rights(), tenant_context(acme), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE django_celery_beat_periodictask RENAME TO hidden")

    rows = schedules_of([acme, globex], NOON)

    assert [(row["tenant"], bool(row["problem"])) for row in rows] == [
        ("globex", False),
        ("acme", True),
    ]


def test_what_beat_set_aside_is_shown_with_its_reason(acme):
    reindex_changed(database_now())
    DueSlot.objects.of(acme).update(due_at=None, problem="cadence: beyond reckoning")

    (row,) = schedules_of([acme], NOON)

    assert row["problem"] == "cadence: beyond reckoning"


def test_schedules_of_one_tenant_show_no_other(acme, globex, run):
    assert {row["tenant"] for row in run("schedules", "--tenant", "globex")} == {"globex"}


def test_the_last_state_is_that_of_the_newest_run(acme, run):
    with tenant_context(acme):
        row = make_periodic_task(name="mine")
    make_run(acme, NOON, periodic_task_id=row.pk, state="failed")
    make_run(acme, NOON - timedelta(hours=1), periodic_task_id=row.pk, state="succeeded")

    states = {row["name"]: row["last_state"] for row in run("schedules", "--tenant", "acme")}

    assert states == {"mine": "failed", "Close old orders": None}


def test_runs_are_listed_newest_first(acme, globex, run):
    make_run(acme, NOON, state="succeeded", examined=3, closed=2)
    make_run(acme, NOON + timedelta(hours=1), state="failed", error="ValueError: no")

    newest, oldest = run("runs", "acme")

    assert (newest["state"], newest["error"]) == ("failed", "ValueError: no")
    assert oldest["slot"] == "2026-11-22T12:00:00Z"
    assert (oldest["examined"], oldest["closed"], oldest["error"]) == (3, 2, None)
    assert run("runs", "acme", "--limit", "1") == [newest]
    assert run("runs", "globex") == []


def test_commands_answer_in_text_too(acme, capsys):
    make_run(acme, NOON, state="succeeded", closed=2)

    call_command("schedules")
    call_command("runs", "acme")

    out = capsys.readouterr().out
    assert "Close old orders" in out
    assert "2026-11-22 12:00:00 UTC" in out
