from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django_celery_beat.models import PeriodicTask
from django_tenants.utils import tenant_context

from scheduling.accounting import Span, close_books
from scheduling.agenda.models import DueSlot, Firing
from scheduling.agenda.planning import plan_due
from scheduling.models import Run
from tests.conftest import NOON
from tests.scheduling.builders import make_periodic_task, reindex_at

HOUR = timedelta(hours=1)
#: Where the books of these tests are closed: slots at 13, 14, 15 and 16 o'clock.
SPAN = Span(NOON, NOON + 4.5 * HOUR)


@pytest.fixture
def hourly(acme, globex):
    """An hourly schedule of each tenant, from noon on; acme's periodic task."""
    for tenant in (acme, globex):
        with tenant_context(tenant):
            PeriodicTask.objects.all().delete()
            make_periodic_task(name="hourly", crontab="0 * * * *")
        reindex_at(tenant.schema_name, NOON)
    with tenant_context(acme):
        return PeriodicTask.objects.get()


def run(tenant, hours, state="succeeded", **fields):
    """Write a run of the tenant's hourly schedule so many hours after noon."""
    with tenant_context(tenant):
        periodic_task = PeriodicTask.objects.get()
        Run.objects.create(
            periodic_task_id=periodic_task.pk,
            name=periodic_task.name,
            task=periodic_task.task,
            slot_at=NOON + hours * HOUR,
            state=state,
            **fields,
        )


def books(*tenants, now=SPAN.until):
    return close_books(tenants, SPAN, now + HOUR)


def told(entries):
    return [(entry["tenant"], (entry["slot"] - NOON) / HOUR) for entry in entries]


def test_books_balance_when_each_slot_has_a_run(hourly, acme):
    for hours in (1, 2, 3, 4):
        run(acme, hours)

    closed = books(acme)

    assert (closed.expected, closed.accounted) == (4, 4)
    assert closed.unaccounted == closed.surplus == []


def test_a_slot_without_a_run_is_unaccounted_newest_first(hourly, acme, globex):
    for hours in (1, 2, 3, 4):
        run(globex, hours)
    run(acme, 2)
    run(acme, 3)

    closed = books(acme, globex)

    assert (closed.expected, closed.accounted) == (8, 6)
    assert told(closed.unaccounted) == [("acme", 4), ("acme", 1)]


def test_a_stretch_accounts_for_its_slots(hourly, acme):
    run(acme, 1)
    run(acme, 2, "missed", last_slot_at=NOON + 4 * HOUR, slots=3)

    closed = books(acme)

    assert closed.accounted == 4
    assert closed.surplus == []


def test_a_stretch_that_counts_others_than_the_schedule_named_is_surplus(hourly, acme):
    run(acme, 1, "missed", last_slot_at=NOON + 4 * HOUR, slots=7)

    assert told(books(acme).surplus) == [("acme", 1)]


def test_a_run_at_an_instant_that_no_schedule_named_is_surplus(hourly, acme):
    for hours in (1, 1.25, 2, 3, 4):
        run(acme, hours)

    closed = books(acme)

    assert told(closed.surplus) == [("acme", 1.25)]
    assert closed.unaccounted == []


def test_a_slot_with_two_states_is_surplus(hourly, acme):
    run(acme, 1, "missed", last_slot_at=NOON + 4 * HOUR, slots=4)
    run(acme, 3)

    assert told(books(acme).surplus) == [("acme", 3)]


def test_a_run_by_hand_is_in_no_book(hourly, acme):
    for hours in (1, 2, 3, 4):
        run(acme, hours)
    run(acme, 2.5, trigger="manual")

    assert books(acme).surplus == []


def test_a_slot_on_its_way_is_accounted_and_not_twice_when_it_runs(hourly, acme):
    plan_due(NOON + HOUR)
    for hours in (2, 3, 4):
        run(acme, hours)
    assert books(acme).unaccounted == []

    run(acme, 1, "running")

    assert Firing.objects.filter(tenant=acme).count() == 1
    assert books(acme).surplus == []


def test_slots_that_beat_keeps_due_for_want_of_room_are_not_lost(hourly, acme, globex):
    DueSlot.objects.filter(tenant=acme).update(held_until=NOON + 5 * HOUR)

    closed = books(acme, globex)

    assert {entry["tenant"] for entry in closed.unaccounted} == {"globex"}


def test_a_slot_before_the_one_that_beat_keeps_due_is_lost(hourly, acme):
    DueSlot.objects.filter(tenant=acme).update(due_at=NOON + 3 * HOUR, held_until=NOON + 5 * HOUR)
    run(acme, 1)

    assert told(books(acme).unaccounted) == [("acme", 2)]


def test_slots_of_a_pause_that_goes_on_are_accounted_by_it(hourly, acme):
    with tenant_context(acme):
        PeriodicTask.objects.update(enabled=False)
    reindex_at(acme.schema_name, NOON + 1.5 * HOUR)
    run(acme, 1)

    closed = books(acme)

    assert (closed.expected, closed.accounted) == (4, 4)


def test_slots_before_and_after_an_edit_are_those_of_each_cadence(hourly, acme):
    with tenant_context(acme):
        row = make_periodic_task(name="at half", crontab="30 * * * *")
        hourly.crontab_id = row.crontab_id
        hourly.save()
        row.delete()
    reindex_at(acme.schema_name, NOON + 2.2 * HOUR)

    closed = books(acme)

    # What the first cadence owed was settled when it was edited.
    assert (closed.expected, closed.accounted) == (4, 2)
    assert told(closed.unaccounted) == [("acme", 3.5), ("acme", 2.5)]


def test_a_slot_of_the_last_minute_is_not_asked_for_yet(hourly, acme):
    for hours in (1, 2, 3):
        run(acme, hours)

    late = close_books([acme], SPAN, NOON + 4 * HOUR + timedelta(seconds=59))

    assert (late.expected, late.unaccounted) == (3, [])


def test_the_command_exits_with_1_when_the_books_do_not_balance(hourly, acme, capsys):
    reindex_at(acme.schema_name, NOON)

    with pytest.raises(SystemExit) as ended:
        call_command("account_slots", "--tenant", "acme", "--month", f"{NOON:%Y-%m}")

    assert ended.value.code == 1
    assert "UNACCOUNTED" in capsys.readouterr().out


def test_a_month_that_is_none_is_refused(acme):
    with pytest.raises(CommandError, match="2026-11"):
        call_command("account_slots", "--month", "2026-13")
