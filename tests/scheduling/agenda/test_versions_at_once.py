"""Changes of one tenant's schedules that are committed at the same time, on their own connections."""

import threading
from contextlib import closing

import psycopg2
import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from scheduling.agenda.clock import database_now
from scheduling.agenda.models import DueSlot, ScheduleChange, ScheduleVersion
from scheduling.agenda.reindex import reindex, reindex_changed
from tenants.models import Tenant
from tests.waiting import wait_until_somebody_waits_for_a_lock

TABLE = '"{schema}".django_celery_beat_periodictask'
ADD = f"""
INSERT INTO {TABLE} (name, task, args, kwargs, headers, enabled, one_off, total_run_count,
    date_changed, description) VALUES ('at once', 'x', '', '', '', true, false, 0, now(), '')
"""


@pytest.fixture
def acme(django_db_setup, django_db_blocker):
    """Outside of any transaction; what was committed is undone at the end."""
    with django_db_blocker.unblock():
        acme = Tenant.objects.get(slug="acme")
        forget_marks()
        yield acme
        with connection.cursor() as cursor:
            table = TABLE.format(schema=acme.schema_name)
            cursor.execute(f"DELETE FROM {table} WHERE name LIKE 'at once%%'")
        DueSlot.objects.filter(task="x").delete()
        ScheduleVersion.objects.filter(row__task="x").delete()


def forget_marks():
    ScheduleChange.objects.all().delete()


def connect():
    own = settings.DATABASES["default"]
    address = {"dbname": own["NAME"], "host": own["HOST"], "port": own["PORT"]}
    return closing(psycopg2.connect(user=own["USER"], password=own["PASSWORD"], **address))


@pytest.fixture
def sessions(acme):
    """Two sessions besides the test's own."""
    with connect() as first, connect() as second:
        yield first, second


def send(session, tenant, statement):
    with session.cursor() as cursor:
        cursor.execute(statement.format(schema=tenant.schema_name))


def versions():
    """Return the versions of what these tests wrote: name, and whether it is the current one."""
    found = ScheduleVersion.objects.filter(row__task="x").order_by("pk")
    return [(version.name, version.to_at is None) for version in found]


def commit_second_while_first_is_committing(acme, first, second):
    # What a commit does first, and goes no further: the second must wait for its end.
    send(first, acme, "SET CONSTRAINTS ALL IMMEDIATE")
    committing = threading.Thread(target=second.commit)
    committing.start()
    wait_until_somebody_waits_for_a_lock()
    first.commit()
    committing.join(20)
    assert not committing.is_alive()


def test_two_that_commit_at_once_both_have_their_version(acme, sessions):
    for number, session in enumerate(sessions):
        send(session, acme, ADD.replace("at once", f"at once {number}"))

    commit_second_while_first_is_committing(acme, *sessions)

    assert versions() == [("at once 0", True), ("at once 1", True)]


def test_the_later_of_two_commits_does_not_undo_the_earlier(acme, sessions):
    first, second = sessions
    send(first, acme, ADD)
    first.commit()
    send(first, acme, f"UPDATE {TABLE} SET name = 'at once, edited' WHERE task = 'x'")
    send(second, acme, ADD.replace("at once", "at once, too"))

    commit_second_while_first_is_committing(acme, first, second)

    assert versions() == [("at once", False), ("at once, edited", True), ("at once, too", True)]
    history = ScheduleVersion.objects.filter(row__task="x", to_at__isnull=False)
    assert not history.filter(to_at__lt=F("from_at")).exists()


def test_each_commit_of_a_session_has_a_mark_of_its_own(acme, sessions):
    first, _ = sessions
    send(first, acme, ADD)
    first.commit()
    send(first, acme, f"UPDATE {TABLE} SET name = 'at once, edited' WHERE task = 'x'")
    first.commit()

    assert ScheduleChange.objects.filter(schema_name=acme.schema_name).count() == 2
    assert versions() == [("at once", False), ("at once, edited", True)]


@pytest.fixture
def due(acme, sessions):
    """A due slot of a schedule that is about to be edited."""
    send(sessions[0], acme, ADD)
    sessions[0].commit()
    reindex(acme.schema_name, database_now())
    DueSlot.objects.filter(task="x").update(due_at=database_now())
    return DueSlot.objects.get(task="x")


def claimed():
    return [slot for slot in DueSlot.objects.claimable(database_now(), 100) if slot.task == "x"]


def test_no_beat_takes_a_slot_whose_schedule_is_being_changed(acme, due, sessions):
    with transaction.atomic():
        assert claimed() == [due]
    send(sessions[0], acme, f"UPDATE {TABLE} SET name = 'at once, edited' WHERE task = 'x'")
    send(sessions[0], acme, "SET CONSTRAINTS ALL IMMEDIATE")

    with transaction.atomic():
        assert claimed() == []
    sessions[0].commit()
    with transaction.atomic():
        assert claimed() == []

    reindex(acme.schema_name, database_now())
    assert not DueSlot.objects.get(pk=due.pk).is_stale


def test_a_change_is_dated_after_what_a_beat_is_taking(acme, due, sessions):
    send(sessions[0], acme, f"UPDATE {TABLE} SET name = 'at once, edited' WHERE task = 'x'")
    committing = threading.Thread(target=sessions[0].commit)

    with transaction.atomic():
        assert claimed() == [due]
        committing.start()
        wait_until_somebody_waits_for_a_lock()
        still_taking_at = database_now()
    committing.join(20)

    assert ScheduleVersion.objects.get(row__task="x", to_at=None).from_at > still_taking_at


def test_a_change_of_very_many_schemas_is_dated_by_its_mark(acme, due, sessions):
    first, _ = sessions
    send(first, acme, f"UPDATE {TABLE} SET name = 'at once, edited' WHERE task = 'x'")
    send(first, acme, "SELECT set_config('agenda.captured', '50', true)")  # as after fifty others
    first.commit()
    assert versions() == [("at once", True)]
    marked_at = ScheduleChange.objects.latest("changed_at").changed_at

    reindex_changed(database_now())

    assert versions() == [("at once", False), ("at once, edited", True)]
    assert ScheduleVersion.objects.get(row__task="x", to_at=None).from_at == marked_at
