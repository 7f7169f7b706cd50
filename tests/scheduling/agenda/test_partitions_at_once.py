"""Making and dropping partitions while others are at the ledger, on connections of their own."""

import threading
import time
from contextlib import closing

import psycopg2
import pytest
from django.conf import settings
from django.db import connection

from scheduling.agenda import locking
from scheduling.agenda.models import Firing
from scheduling.agenda.partitions import make_partitions, partitioned_days
from scheduling.agenda.pruning import forget_day, prune_firings
from tenants.models import Tenant
from tests.scheduling.agenda.partitioned import DAY, LONG_AGO, exists
from tests.scheduling.builders import make_firing

OWN = "ledger.firing_20200301"
DAY_AFTER_IT_IS_KEPT = LONG_AGO.replace(hour=0) + 3 * DAY


@pytest.fixture
def acme(django_db_setup, django_db_blocker):
    """Outside of any transaction, for several connections at once."""
    with django_db_blocker.unblock():
        yield Tenant.objects.get(slug="acme")
        Firing.objects.filter(slot_at__year=2020).delete()
        for day in partitioned_days():
            assert day.year != 2020 or forget_day(day)


def connect():
    own = settings.DATABASES["default"]
    address = {"dbname": own["NAME"], "host": own["HOST"], "port": own["PORT"]}
    return closing(psycopg2.connect(user=own["USER"], password=own["PASSWORD"], **address))


@pytest.fixture
def other(acme):
    """Somebody else's session, in a transaction."""
    with connect() as session:
        yield session


def send(session, statement):
    with session.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(locking, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(locking, "ATTEMPTS", 2)


def test_a_partition_is_made_while_others_read_and_write(acme, other):
    make_partitions(LONG_AGO - 30 * DAY)
    make_firing(acme, LONG_AGO - 30 * DAY)
    send(other, "UPDATE agenda_firing SET error = 'x' WHERE slot_at = '2020-01-31 12:00+00'")

    make_partitions(LONG_AGO)

    assert exists(OWN)


def test_a_day_that_somebody_is_at_is_not_waited_for_but_tried_again(acme, other):
    make_partitions(LONG_AGO)
    send(other, "SELECT count(*) FROM agenda_firing")
    release = threading.Timer(0.8, other.rollback)
    release.start()

    prune_firings(DAY_AFTER_IT_IS_KEPT)

    release.join()
    assert not exists(OWN)


def test_whoever_comes_meanwhile_waits_for_half_a_second_at_most(acme, other, impatient):
    make_partitions(LONG_AGO)
    send(other, "SELECT count(*) FROM agenda_firing")
    pruning = threading.Thread(target=in_thread, args=(forget_day, LONG_AGO.date()))
    pruning.start()

    waits = [wait_for_the_ledger() for _ in range(50)]

    pruning.join()
    assert exists(OWN)
    assert 0.1 < max(waits) < 2


def in_thread(function, *arguments):
    function(*arguments)
    connection.close()


def wait_for_the_ledger():
    """Read the ledger as anybody does; return how many seconds it took."""
    time.sleep(0.02)
    began = time.monotonic()
    with connect() as session:
        send(session, "SELECT count(*) FROM agenda_firing")
    return time.monotonic() - began


def test_a_ledger_that_is_never_free_is_left_to_the_next_night(acme, other, impatient):
    make_partitions(LONG_AGO)
    # Its partitions are left out: waiting for an autovacuum of one is another matter, and longer.
    send(other, "LOCK TABLE ONLY agenda_firing IN SHARE MODE")

    prune_firings(DAY_AFTER_IT_IS_KEPT)
    make_partitions(DAY_AFTER_IT_IS_KEPT)

    assert exists(OWN)
    assert not exists("ledger.firing_20200305")
    other.rollback()
    prune_firings(DAY_AFTER_IT_IS_KEPT)
    make_partitions(DAY_AFTER_IT_IS_KEPT)
    assert not exists(OWN)
    assert exists("ledger.firing_20200305")
