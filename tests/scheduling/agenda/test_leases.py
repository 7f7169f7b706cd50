"""What a worker says that it is at work on stays its own."""

from datetime import timedelta
from uuid import uuid4

import pytest

from scheduling.agenda.clock import database_now
from scheduling.agenda.leases import extend
from scheduling.agenda.ledger import LEASE
from tests.conftest import NOON
from tests.scheduling.builders import make_firing

SECOND = timedelta(seconds=1)


def lease_of(firing):
    firing.refresh_from_db()
    return firing.leased_until


def test_a_lease_is_extended_from_now_on(acme, globex):
    mine = make_firing(acme, NOON, state="started", leased_until=NOON)
    anothers = make_firing(globex, NOON, state="started", leased_until=NOON)
    before = database_now()

    assert extend([str(mine.pk), str(uuid4())]) == 1

    assert before + LEASE <= lease_of(mine) <= database_now() + LEASE
    assert lease_of(anothers) == NOON


@pytest.mark.parametrize("state", ["planned", "published", "settled"])
def test_what_is_not_begun_gets_no_lease(acme, state):
    firing = make_firing(acme, NOON, state=state)

    assert extend([str(firing.pk)]) == 0
    assert lease_of(firing) is None


@pytest.mark.django_db
def test_a_worker_with_nothing_to_do_asks_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert extend([]) == 0
