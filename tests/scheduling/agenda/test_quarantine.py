"""Rows that cannot be read: set aside, with a reason their owner sees."""

from datetime import timedelta

import pytest
from django.db import connection
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from scheduling.overview import schedules_of
from tests.conftest import NOON
from tests.scheduling import sample_tasks
from tests.scheduling.builders import reindex_at
from tests.scheduling.indexing import inside, slot_of, store

pytestmark = pytest.mark.usefixtures("indexed")

HOUR = timedelta(hours=1)

BAD_ROWS = {
    "crontab with an empty part": ({"crontab": "1,,2 * * * *"}, "minute: "),
    "negative minute": ({"crontab": "-5 * * * *"}, "minute: "),
    "step of zero": ({"crontab": "*/0 * * * *"}, "minute: "),
    "date that never comes": ({"crontab": "0 0 31 2 *"}, "day_of_month: "),
    "zone that does not exist": ({"timezone": "Mars/Olympus"}, "timezone: "),
    "list as headers": ({"headers": "[]"}, "headers: "),
    "foreign schema in headers": ({"headers": '{"_schema_name": "t_globex"}'}, "headers: "),
    "unknown task": ({"task": "os.system"}, "task: "),
    "platform task": ({"task": "tenants.tasks.build_tenant"}, "task: "),
    "queue of its own": ({"queue": "unacked"}, "queue: "),
    "positional arguments": ({"args": "[1]"}, "args: "),
    "parameters that are no JSON": ({"kwargs": "{"}, "kwargs: "),
    "parameters that are a list": ({"kwargs": "[]"}, "kwargs: "),
    "unknown parameter": ({"kwargs": '{"dayz": 3}'}, "kwargs: dayz: "),
    "parameter out of bounds": ({"kwargs": '{"days": 0}'}, "kwargs: days: "),
    "NUL in a parameter's name": ({"kwargs": r'{"\u0000": 1}'}, "kwargs: "),
    "half a surrogate pair": ({"kwargs": r'{"\ud800": 1}'}, "kwargs: "),
    "what nobody foresaw": ({"task": sample_tasks.broken.name}, "RuntimeError: "),
    "interval too short": ({"interval": "microsecond"}, "interval: "),
    "no schedule": ({"interval": None}, "schedule: "),
}


@pytest.mark.parametrize(("fields", "reason"), BAD_ROWS.values(), ids=BAD_ROWS)
def test_a_bad_row_is_set_aside_with_a_reason_and_others_fire(acme, globex, fields, reason):
    if fields.get("interval"):
        with inside(acme):
            every = IntervalSchedule.objects.create(every=1, period="microseconds")
        fields = {"interval": every}
    store(acme, **fields)
    store(globex, crontab="0 13 * * *")

    bad = slot_of(acme)

    assert bad.due_at is None
    assert bad.problem.startswith(reason)
    assert slot_of(acme, "Close old orders").problem == ""
    assert slot_of(globex).due_at == NOON + HOUR


@pytest.mark.parametrize("instant", ["0044-03-15 BC", "infinity"])
@pytest.mark.parametrize("column", ["start_time", "expires"])
def test_an_instant_that_python_cannot_hold_sets_one_row_aside(acme, globex, column, instant):
    task = store(acme)
    store(globex)
    with inside(acme), connection.cursor() as cursor:
        table = "django_celery_beat_periodictask"
        cursor.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [instant, task.pk])

    reindex_at(acme.schema_name, NOON)

    assert slot_of(acme).problem.startswith(f"{column}: ")
    assert slot_of(acme, "Close old orders").problem == ""
    rows = {row["name"]: row["problem"] for row in schedules_of([acme, globex], NOON)}
    assert rows["made by a test"] is None or rows["made by a test"].startswith(column)


def test_a_row_put_right_is_due_again(acme):
    task = store(acme, crontab="0 * * * *", headers="[]")
    with inside(acme):
        PeriodicTask.objects.filter(pk=task.pk).update(headers="{}")

    reindex_at(acme.schema_name, NOON + 2 * HOUR)

    slot = slot_of(acme)
    assert (slot.problem, slot.due_at) == ("", NOON + 3 * HOUR)
