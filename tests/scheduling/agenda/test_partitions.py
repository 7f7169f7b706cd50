"""Each day of the ledger has a partition of its own, and what has none is in the default one."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from scheduling.agenda import partitions
from scheduling.agenda.locking import execute
from scheduling.agenda.models import Firing
from scheduling.agenda.partitions import make_partitions, make_partitions_now, partitioned_days
from tests.scheduling.agenda.partitioned import DAY, LONG_AGO, places, settle_constraints
from tests.scheduling.builders import make_firing

FIRST = LONG_AGO.replace(hour=0)


def of_long_ago():
    return [day.isoformat() for day in partitioned_days() if day.year == 2020]


def test_migrating_made_partitions_for_the_days_around_today(db):
    (today,) = execute("SELECT (now() AT TIME ZONE 'UTC')::date")[0]

    assert {today - DAY, today, today + DAY} <= set(partitioned_days())


def test_the_days_that_are_kept_and_the_next_few_get_one_each(db):
    make_partitions(LONG_AGO)
    make_partitions(LONG_AGO)

    assert of_long_ago() == [
        "2020-02-28",
        "2020-02-29",
        "2020-03-01",
        "2020-03-02",
        "2020-03-03",
        "2020-03-04",
    ]


def test_migrating_again_makes_none(db):
    before = partitioned_days()

    make_partitions_now()

    assert partitioned_days() == before


def test_a_day_is_one_in_utc_from_midnight_to_midnight(acme):
    make_partitions(LONG_AGO)
    for number, slot_at in enumerate((FIRST, FIRST + DAY - 1e-6 * DAY, FIRST + DAY)):
        make_firing(acme, slot_at, number)

    own, next_ones = "ledger.firing_20200301", "ledger.firing_20200302"
    assert places() == [own, own, next_ones]


def test_a_firing_of_a_day_without_one_is_kept_in_the_default(acme):
    make_firing(acme, LONG_AGO)

    assert places() == ["ledger.firing_default"]


def test_what_the_default_holds_of_a_day_moves_when_the_day_gets_its_own(acme, globex):
    for tenant in (acme, globex):
        make_firing(tenant, LONG_AGO, error="kept word for word")
    make_firing(acme, LONG_AGO - 30 * DAY)
    settle_constraints()
    before = list(Firing.objects.order_by("pk").values())

    make_partitions(LONG_AGO)

    own = "ledger.firing_20200301"
    assert places() == ["ledger.firing_default", own, own]
    assert list(Firing.objects.order_by("pk").values()) == before


def test_more_than_may_be_moved_at_once_stays_where_it_is(acme, monkeypatch):
    monkeypatch.setattr(partitions, "MOVED_MAXIMUM", 1)
    for number in range(2):
        make_firing(acme, LONG_AGO, number)
    settle_constraints()

    make_partitions(LONG_AGO)

    assert places() == ["ledger.firing_default"] * 2
    assert date(2020, 3, 1) not in partitioned_days()
    assert date(2020, 3, 2) in partitioned_days()


def test_a_slot_has_one_firing_whatever_partition_it_is_in(acme, globex):
    make_partitions(LONG_AGO)
    for slot_at in (LONG_AGO, LONG_AGO - 30 * DAY):
        make_firing(acme, slot_at)
        make_firing(globex, slot_at)
        with pytest.raises(IntegrityError), transaction.atomic():
            make_firing(acme, slot_at)
        with (
            pytest.raises(IntegrityError, match="tenant_id, periodic_task_id"),
            transaction.atomic(),
        ):
            make_firing(acme, slot_at, id="00000000-0000-4000-8000-000000000000")


def test_a_partition_has_every_column_that_the_ledger_has_by_then(acme):
    execute("ALTER TABLE agenda_firing ADD COLUMN word text NOT NULL DEFAULT 'default'")
    make_partitions(LONG_AGO)

    make_firing(acme, LONG_AGO)

    assert execute("SELECT word FROM ledger.firing_20200301") == [("default",)]
