"""A tenant that adds schedules by the thousand, by SQL or by hand, to keep beat reading."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django_tenants.utils import schema_context

from scheduling.agenda.limits import decide
from scheduling.agenda.models import DueSlot, Limits, ScheduleVersion
from scheduling.models import Schedule
from scheduling.overview import tenant_schedules
from scheduling.schedules import Wish, entry_called, make
from tests.conftest import NOON
from tests.scheduling.builders import make_interval, make_periodic_task, make_slot, reindex_at
from tests.scheduling.builders import take_all as take_all_due
from tests.scheduling.indexing import books_of, inside

USUAL, RAISED = 20, 50
COPIES = """
    INSERT INTO django_celery_beat_periodictask
        (name, task, crontab_id, interval_id, args, kwargs, headers, enabled, one_off,
         total_run_count, date_changed, description)
    SELECT 'copy ' || number, task, crontab_id, interval_id, args, kwargs, headers, enabled, one_off,
        0, now(), ''
    FROM django_celery_beat_periodictask, generate_series(1, %s) AS number WHERE id = %s
"""


def copy(row, number):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(COPIES, [number, row.pk])


def fill_up(most):
    row = make_periodic_task(crontab="0 0 1 1 *")
    copy(row, most - Schedule.objects.count())


@pytest.mark.parametrize("most", [USUAL, RAISED])
def test_postgres_takes_no_more_than_a_tenant_may_have(acme, most):
    decide(acme, schedules_maximum=None if most == USUAL else most)
    with inside(acme):
        row = make_periodic_task(crontab="0 0 1 1 *")

        with pytest.raises(IntegrityError, match=f"may have {most} schedules"):
            copy(row, 5_000)

        copy(row, most - Schedule.objects.count())
        assert Schedule.objects.count() == most


def test_a_person_is_told_what_to_do(in_acme):
    fill_up(USUAL)

    with pytest.raises(ValidationError, match="delete one first"):
        make(entry_called(None), Wish("0 0 * * *", name="one more"), "UTC")


RAISES = {
    "insert": "INSERT INTO public.agenda_limits VALUES ({pk}, 1, 100000, 100000)",
    "update": "UPDATE public.agenda_limits SET schedules_maximum = 100000",
    "delete": "DELETE FROM public.agenda_limits",
    "truncate": "TRUNCATE public.agenda_limits",
    "trigger": "DROP TRIGGER agenda_limit_schedules ON django_celery_beat_periodictask",
    "disable": "ALTER TABLE django_celery_beat_periodictask DISABLE TRIGGER agenda_limit_schedules",
    "replica": "SET session_replication_role = replica",
    "version": "UPDATE public.agenda_scheduleversion SET row = row - 'least_interval_seconds'",
}


@pytest.mark.parametrize("statement", RAISES.values(), ids=RAISES)
def test_a_tenant_cannot_raise_its_own_limits(acme, statement):
    decide(acme, schedules_maximum=5)
    with (
        inside(acme),
        pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(pk=acme.pk))


def test_a_tenant_sees_its_own_limits_and_no_others(acme, globex):
    decide(acme, schedules_maximum=5)
    decide(globex, schedules_maximum=6)

    with inside(acme), connection.cursor() as cursor:
        cursor.execute("SELECT tenant_id, schedules_maximum FROM public.agenda_limits")
        assert cursor.fetchall() == [(acme.pk, 5)]


def test_a_bomb_that_got_past_the_wall_is_no_rows_of_beats(acme, globex):
    """As after a restore, or when staff lower a limit: what is beyond it costs beat nothing at all."""
    decide(acme, schedules_maximum=5_000, least_interval_seconds=1)
    with inside(acme):
        bomb = make_periodic_task(name="bomb", interval=make_interval(1, "seconds"))
        copy(bomb, 4_900)
    decide(acme, schedules_maximum=None, least_interval_seconds=None)
    theirs = make_slot(globex, NOON)

    reindex_at(acme.schema_name, NOON)
    take_all_due(NOON)

    assert ScheduleVersion.objects.current().filter(tenant=acme).count() == USUAL
    slots = DueSlot.objects.of(acme).filter(name__in=["bomb", *(f"copy {n}" for n in range(5_000))])
    assert slots.exists()
    assert {(slot.due_at, slot.problem) for slot in slots} == {
        (None, "interval: too short; use 60 seconds or longer")
    }
    assert [entry.slot_at for entry in books_of(globex, theirs)] == [NOON]
    problems = {row["name"]: row["problem"] for row in tenant_schedules(acme, NOON)}
    assert "there may be 20 schedules" in problems["copy 4900"]
    assert not Limits.objects.filter(tenant=acme).exists()


def test_the_platform_has_no_limit(platform_tenant):
    with schema_context("public"):
        make_periodic_task(
            name="often",
            task="scheduling.agenda.tasks.reconcile_schedules",
            interval=make_interval(1, "seconds"),
        )
    reindex_at("public", NOON)

    assert DueSlot.objects.of(platform_tenant).get(name="often").problem == ""
