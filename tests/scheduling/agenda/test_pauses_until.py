"""Pauses until a date: their end is known from the beginning, and needs nobody to come about."""

from datetime import timedelta

import pytest
from django.db import connection
from django_celery_beat.models import PeriodicTask

from scheduling.accounting import Span, close_books
from scheduling.agenda.clock_steps import follow_clock
from scheduling.agenda.models import DueSlot, NewestInstant
from scheduling.agenda.outlook import look_out
from scheduling.agenda.pause_ends import tell_ended_pauses
from scheduling.agenda.reindex import reindex_changed
from scheduling.agenda.versions import capture
from scheduling.models import Pause
from tenants import lifecycle
from tenants.postgresql.base import owner_rights
from tests.scheduling.bent_clock import bend_clock, set_clock
from tests.scheduling.builders import make_crontab, make_interval, take_all
from tests.scheduling.hours import at, told
from tests.scheduling.indexing import be_patient, edit, inside, marked, slot_of, store, versions_of

MICROSECOND = timedelta(microseconds=1)


@pytest.fixture(autouse=True)
def bent(indexed, settings):
    # What fires is in flight to the end of a test: no worker is here.
    settings.SCHEDULE_POLICIES = {**settings.SCHEDULE_POLICIES, "overlap": "allow"}
    bend_clock()
    set_clock(at(0))


def commit_at(tenant, hours):
    set_clock(at(hours))
    capture(tenant.schema_name)


def pause(tenant, task, hours, until):
    edit(tenant, task, enabled=False)
    with inside(tenant):
        Pause.objects.update_or_create(pk=task.pk, defaults={"by": "ann", "until_at": at(until)})
    commit_at(tenant, hours)


def change(tenant, task, hours, **fields):
    if "crontab" in fields:
        with inside(tenant):
            fields["crontab_id"] = make_crontab(fields.pop("crontab"))
    edit(tenant, task, **fields)
    commit_at(tenant, hours)


def beat_at(tenant, hours):
    """Do what a beat does at this instant; and find the books in order."""
    set_clock(at(hours))
    take_all(at(hours))
    tell_ended_pauses(at(hours))
    reindex_changed(at(hours))
    be_patient()
    take_all(at(hours))
    books = close_books([tenant], Span(at(0), at(hours)), at(hours))
    assert not books.unaccounted
    assert not books.surplus


def test_a_slot_at_the_end_fires_and_none_before_it(acme, globex):
    task, other = store(acme), store(globex)
    pause(acme, task, 0.5, until=3)

    for hours in (0.6, 1, 2, 2.999, 3):
        assert told(acme, task) == []
        beat_at(acme, hours)
    assert told(acme, task) == [("paused", 1, 2, 2), ("schedule", 3, 3, 1)]

    beat_at(acme, 4)
    assert told(acme, task)[2:] == [("schedule", 4, 4, 1)]
    assert [entry[0] for entry in told(globex, other)] == ["schedule"] * 4


def test_it_ends_between_two_slots(acme):
    task = store(acme)
    pause(acme, task, 0.5, until=2.5)

    beat_at(acme, 0.6)
    assert (slot_of(acme).due_at, slot_of(acme).pause_ends_at) == (at(3), at(2.5) - MICROSECOND)
    beat_at(acme, 2.5)
    beat_at(acme, 3)

    assert told(acme, task) == [("paused", 1, 2, 2), ("schedule", 3, 3, 1)]


def test_it_ends_while_no_beat_is_there(acme):
    task = store(acme)
    pause(acme, task, 0.5, until=3)

    beat_at(acme, 5.1)

    assert told(acme, task) == [("paused", 1, 2, 2), ("missed", 3, 4, 2), ("catch_up", 5, 5, 1)]


def test_it_ends_while_no_worker_is_there(acme):
    """The row is not enabled then, and each slot fires all the same."""
    task = store(acme)
    pause(acme, task, 0.5, until=2)

    for hours in (0.6, 2, 3, 4):
        beat_at(acme, hours)

    with inside(acme):
        assert not PeriodicTask.objects.get(pk=task.pk).enabled
    assert told(acme, task)[1:] == [("schedule", hour, hour, 1) for hour in (2, 3, 4)]


def test_two_beats_settle_it_once(acme):
    task = store(acme)
    pause(acme, task, 0.5, until=2.5)

    for _ in range(2):
        beat_at(acme, 2.6)

    assert told(acme, task) == [("paused", 1, 2, 2)]
    assert not slot_of(acme).pause_ends_at


def test_a_pause_in_which_nothing_passed_is_told_a_worker_too(acme):
    task = store(acme, crontab="0 20 * * *")
    pause(acme, task, 0.5, until=2.5)

    beat_at(acme, 0.6)
    beat_at(acme, 2.5)

    assert [(entry[0], entry[3]) for entry in told(acme, task)] == [("paused", 0)]
    assert slot_of(acme).due_at == at(8)


def test_beat_looks_out_for_it_and_marks_its_schema_once(acme, globex):
    task = store(acme)
    pause(acme, task, 0.5, until=2.5)
    beat_at(acme, 0.6)
    assert look_out().first_at <= look_out().pause_ends_at == at(2.5) - MICROSECOND

    assert tell_ended_pauses(at(2.49)) == 0
    assert (tell_ended_pauses(at(2.5)), tell_ended_pauses(at(2.5))) == (1, 0)

    assert marked() == {acme.schema_name}
    assert look_out().pause_ends_at is None


def test_somebody_resumes_it_before(acme):
    task = store(acme)
    pause(acme, task, 0.5, until=8)
    beat_at(acme, 0.6)
    change(acme, task, 1.5, enabled=True)

    beat_at(acme, 1.6)
    beat_at(acme, 2)

    assert told(acme, task) == [("paused", 1, 1, 1), ("schedule", 2, 2, 1)]
    with inside(acme):
        assert not Pause.objects.exists()


@pytest.mark.parametrize("until", [2, 5])
def test_its_end_is_moved(acme, until):
    task = store(acme)
    pause(acme, task, 0.5, until=3)
    beat_at(acme, 0.6)
    pause(acme, task, 1.5, until=until)

    for hours in (1.6, 2, 3, 4, 5):
        beat_at(acme, hours)

    fired = [entry[1] for entry in told(acme, task) if entry[0] == "schedule"]
    assert fired == [hours for hours in (2, 3, 4, 5) if hours >= until]


def test_its_end_is_taken_away(acme):
    task = store(acme)
    pause(acme, task, 0.5, until=3)
    beat_at(acme, 0.6)
    with inside(acme):
        Pause.objects.update(until_at=None)
    commit_at(acme, 1.5)

    beat_at(acme, 5.5)

    assert told(acme, task) == [("paused", 1, 1, 1)]
    assert not DueSlot.objects.of(acme).filter(periodic_task_id=task.pk).exists()


def test_an_edit_within_it_leaves_its_end(acme):
    task = store(acme)
    pause(acme, task, 0.5, until=3)
    beat_at(acme, 0.6)
    change(acme, task, 1.25, crontab="30 * * * *")

    for hours in (1.3, 2, 3, 3.5):
        beat_at(acme, hours)

    assert told(acme, task) == [
        ("paused", 1, 1, 1),
        ("paused", 1.5, 2.5, 2),
        ("schedule", 3.5, 3.5, 1),
    ]


def test_an_edit_after_its_end_and_before_any_worker_came_is_no_pause_anew(acme):
    task = store(acme)
    pause(acme, task, 0.5, until=2)
    for hours in (0.6, 2):
        beat_at(acme, hours)
    change(acme, task, 2.25, crontab="30 * * * *")

    for hours in (2.3, 2.5):
        beat_at(acme, hours)

    assert told(acme, task)[1:] == [("schedule", 2, 2, 1), ("schedule", 2.5, 2.5, 1)]


def test_a_worker_that_enables_the_row_changes_nothing_of_its_history(acme):
    task = store(acme)
    pause(acme, task, 0.5, until=2)
    for hours in (0.6, 2):
        beat_at(acme, hours)
    before = versions_of(acme, task)

    change(acme, task, 2.1, enabled=True)

    assert versions_of(acme, task) == before


def test_what_was_planned_to_follow_it_and_was_unmade_owes_nothing(acme):
    """A beat that comes back finds a due slot of a version that there is no more."""
    task = store(acme)
    pause(acme, task, 0.5, until=2)
    beat_at(acme, 0.6)
    change(acme, task, 1.25, crontab="30 20 * * *")
    pause(acme, task, 3.5, until=4)

    beat_at(acme, 5)

    assert [entry[:2] for entry in told(acme, task) if entry[3]] == [("paused", 1)]


def test_its_schedule_is_deleted(acme):
    task = store(acme)
    pause(acme, task, 0.5, until=4)
    beat_at(acme, 0.6)
    with inside(acme):
        PeriodicTask.objects.filter(pk=task.pk).delete()
        assert not Pause.objects.exists()
    commit_at(acme, 2.5)

    beat_at(acme, 5.5)

    assert told(acme, task) == [("paused", 1, 2, 2)]
    assert versions_of(acme, task)[-1].to_at == at(2.5)


def test_its_tenant_is_suspended_and_resumed(acme):
    task = store(acme)
    pause(acme, task, 0.5, until=3)
    lifecycle.suspend("acme")
    commit_at(acme, 1.5)
    beat_at(acme, 1.6)
    assert not DueSlot.objects.of(acme).filter(periodic_task_id=task.pk).exists()

    lifecycle.resume("acme")
    commit_at(acme, 4.5)
    beat_at(acme, 5)

    assert told(acme, task) == [
        ("paused", 1, 1, 1),
        ("paused", 2, 2, 1),
        ("suspended", 3, 4, 2),
        ("schedule", 5, 5, 1),
    ]


def test_an_interval_counts_from_its_end(acme):
    with inside(acme):
        every = make_interval(40, "minutes")
    task = store(acme, interval=every)
    pause(acme, task, 0.1, until=2)

    for hours in (0.2, 1.99, 2, 2 + 40.5 / 60):
        beat_at(acme, hours)

    assert told(acme, task)[-1] == ("schedule", 2 + 40 / 60, 2 + 40 / 60, 1)


def test_an_interval_with_a_start_has_its_slot_at_the_end(acme):
    with inside(acme):
        every = make_interval(40, "minutes")
    task = store(acme, interval=every, start_time=at(0))
    pause(acme, task, 0.1, until=2)

    beat_at(acme, 0.2)
    beat_at(acme, 2)

    assert told(acme, task)[-1] == ("schedule", 2, 2, 1)


def test_a_one_off_has_its_slot_after_it(acme):
    task = store(acme, one_off=True)
    pause(acme, task, 0.5, until=3)

    for hours in (0.6, 3, 4):
        beat_at(acme, hours)

    assert told(acme, task)[-1] == ("schedule", 3, 3, 1)
    assert len(told(acme, task)) == 2  # and that the pause has ended


def test_paused_by_sql_afterwards_it_has_no_end(acme):
    """What is known of a pause goes when the row is enabled, whoever does that."""
    task = store(acme)
    pause(acme, task, 0.5, until=4)
    change(acme, task, 1.5, enabled=True)
    change(acme, task, 2.5, enabled=False)

    beat_at(acme, 6.5)

    with inside(acme):
        assert not Pause.objects.exists()
    assert told(acme, task) == [("paused", 1, 1, 1), ("paused", 2, 2, 1)]
    assert versions_of(acme, task)[-1].state == "paused"


def test_a_schema_without_the_table_is_read_all_the_same(acme):
    """As one is that is yet to be migrated."""
    task = store(acme)
    with inside(acme), owner_rights(), connection.cursor() as cursor:
        cursor.execute("DROP TABLE scheduling_pause")
        cursor.execute("DROP TRIGGER agenda_end_pause ON django_celery_beat_periodictask")
    change(acme, task, 0.5, enabled=False)

    assert versions_of(acme, task)[-1].state == "paused"


def test_a_clock_that_is_set_back_leaves_its_end(acme):
    task = store(acme)
    pause(acme, task, 2.5, until=6)
    beat_at(acme, 2.6)
    NewestInstant.objects.update_or_create(defaults={"at": at(2.6)})
    set_clock(at(1.5))

    assert follow_clock(lambda: at(1.5))
    assert slot_of(acme).due_at == at(6)
    for hours in (1.6, 3, 5.9, 6):
        beat_at(acme, hours)

    assert told(acme, task)[-1] == ("schedule", 6, 6, 1)
    assert not [entry for entry in told(acme, task) if entry[0] == "schedule" and entry[1] < 6]
