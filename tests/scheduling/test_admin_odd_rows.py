"""Rows that were written past all forms: none breaks a page, and each can be put right."""

import pytest
from django.db import connection
from django_celery_beat.models import (
    ClockedSchedule,
    IntervalSchedule,
)
from django_tenants.utils import tenant_context

from tests.conftest import NOON
from tests.people import do, owner_of
from tests.scheduling.schedule_pages import LIST, change, crontab_of, row_of, rows, written


@pytest.fixture
def owner(acme):
    return owner_of("acme")


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


@pytest.mark.parametrize("column", ["start_time", "expires"])
def test_an_instant_that_python_cannot_hold_breaks_no_page(acme, owner, column):
    row = written(acme, name="odd")
    with tenant_context(acme), connection.cursor() as cursor:
        table = "django_celery_beat_periodictask"
        cursor.execute(f"UPDATE {table} SET {column} = 'infinity' WHERE id = %s", [row.pk])

    assert rows(owner)["odd"].overview["problem"].startswith(f"{column}: ")
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
