"""The ledger forgets a day at once, and nothing that is not settled."""

from datetime import date

from django.db import connection
from django.test.utils import CaptureQueriesContext

from scheduling.agenda import pruning
from scheduling.agenda.limits import decide
from scheduling.agenda.locking import execute
from scheduling.agenda.models import Firing
from scheduling.agenda.partitions import make_partitions, partitioned_days
from scheduling.agenda.pruning import prune_firings, sweep_default
from tests.scheduling.agenda.partitioned import (
    DAY,
    LONG_AGO,
    exists,
    places,
    settle_constraints,
)
from tests.scheduling.builders import make_firing

DAY_AFTER_IT_IS_KEPT = LONG_AGO.replace(hour=0) + 3 * DAY
OWN, DEFAULT = "ledger.firing_20200301", "ledger.firing_default"


def settled(tenant, slot_at, number=1, **fields):
    return make_firing(tenant, slot_at, number, state="settled", settled_at=slot_at, **fields)


def deleted_rows():
    """Return how many rows this transaction has deleted so far, wherever."""
    return execute("SELECT coalesce(sum(n_tup_del), 0) FROM pg_stat_xact_user_tables")[0][0]


def fill(*tenants):
    make_partitions(LONG_AGO)
    for number, tenant in enumerate(tenants):
        settled(tenant, LONG_AGO, number)
    settle_constraints()


def test_a_day_is_kept_for_two_whole_days_and_then_forgotten(acme, globex):
    fill(acme, globex)

    prune_firings(DAY_AFTER_IT_IS_KEPT - 1e-6 * DAY)
    assert places() == [OWN] * 2

    prune_firings(DAY_AFTER_IT_IS_KEPT)
    prune_firings(DAY_AFTER_IT_IS_KEPT)
    assert places() == []
    assert not exists(OWN)


def test_how_long_it_is_kept_can_be_set(acme, settings):
    settings.FIRINGS_KEPT_DAYS = 1
    fill(acme)

    prune_firings(DAY_AFTER_IT_IS_KEPT - DAY)

    assert not exists(OWN)


def test_days_that_are_not_over_for_long_enough_stay(acme):
    fill(acme)
    settled(acme, LONG_AGO + DAY)
    settle_constraints()

    prune_firings(DAY_AFTER_IT_IS_KEPT)

    assert places() == ["ledger.firing_20200302"]


def test_forgetting_a_day_deletes_no_row(acme):
    make_partitions(LONG_AGO)
    Firing.objects.bulk_create(
        Firing(
            id=Firing.id_of(acme.pk, number, LONG_AGO),
            tenant=acme,
            periodic_task_id=number,
            task="x",
            slot_at=LONG_AGO,
            planned_at=LONG_AGO,
            state="settled",
            settled_at=LONG_AGO,
        )
        for number in range(1000)
    )
    settle_constraints()
    before = deleted_rows()

    with CaptureQueriesContext(connection) as sent:
        prune_firings(DAY_AFTER_IT_IS_KEPT)

    assert not exists(OWN)
    assert deleted_rows() == before
    assert not [query for query in sent if "DELETE FROM" in query["sql"]]


def test_what_is_not_settled_outlives_its_day(acme, globex):
    fill(acme, globex)
    states = ("planned", "published", "started")
    for number, state in enumerate(states, start=10):
        make_firing(globex, LONG_AGO, number, state=state, error="the tenant is broken")
    settle_constraints()

    prune_firings(DAY_AFTER_IT_IS_KEPT)

    assert not exists(OWN)
    assert places() == [DEFAULT] * 3
    left = Firing.objects.order_by("periodic_task_id")
    assert list(left.values_list("state", "error")) == [
        (state, "the tenant is broken") for state in states
    ]


def test_a_tenants_many_firings_by_hand_outlive_it_too(acme):
    decide(acme, firings_in_flight_maximum=1000)
    fill(acme)
    for number in range(999):
        make_firing(acme, LONG_AGO, 10 + number, trigger="manual")
    settle_constraints()

    prune_firings(DAY_AFTER_IT_IS_KEPT)

    assert places() == [DEFAULT] * 999


def test_a_day_that_is_far_from_settled_waits_for_another_night(acme, monkeypatch):
    monkeypatch.setattr(pruning, "MOVED_MAXIMUM", 1)
    fill(acme)
    for number in range(2):
        make_firing(acme, LONG_AGO, 10 + number)

    prune_firings(DAY_AFTER_IT_IS_KEPT)

    assert places() == [OWN] * 3


def test_what_was_settled_late_is_deleted_from_the_default_partition(acme, globex):
    for number, tenant in enumerate((acme, globex, acme)):
        settled(tenant, LONG_AGO, number)
    make_firing(acme, LONG_AGO, 7, state="started")
    just_now = settled(globex, LONG_AGO, 8)
    Firing.objects.filter(pk=just_now.pk).update(settled_at=DAY_AFTER_IT_IS_KEPT)

    assert sweep_default(DAY_AFTER_IT_IS_KEPT, batch=2) == 3
    assert sweep_default(DAY_AFTER_IT_IS_KEPT, batch=2) == 0

    assert sorted(Firing.objects.values_list("periodic_task_id", flat=True)) == [7, 8]


def test_sweeping_leaves_days_that_still_have_a_partition_alone(acme):
    fill(acme)

    assert sweep_default(LONG_AGO + 30 * DAY) == 0
    assert date(2020, 3, 1) in partitioned_days()
