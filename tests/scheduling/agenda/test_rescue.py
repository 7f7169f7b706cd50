from datetime import timedelta

import pytest

from scheduling.agenda.dispatch import publish_planned
from scheduling.agenda.models import Firing
from scheduling.agenda.rescue import UNSETTLED_AFTER, UNSTARTED_AFTER, rescue_lost
from tests.conftest import NOON
from tests.scheduling.builders import make_firing

SECOND = timedelta(seconds=1)


def make_published(tenant, ago, state="published"):
    return make_firing(tenant, NOON, state=state, published_at=NOON - ago)


@pytest.mark.parametrize(
    ("state", "patience"), [("published", UNSTARTED_AFTER), ("started", UNSETTLED_AFTER)]
)
def test_what_came_to_nothing_is_published_again_with_the_same_id(acme, globex, state, patience):
    lost = make_published(acme, patience + SECOND, state)
    under_way = make_published(globex, patience, state)
    sent: list[Firing] = []

    assert rescue_lost(NOON) == 1
    assert rescue_lost(NOON) == 0
    publish_planned(sent.extend)

    assert [firing.pk for firing in sent] == [lost.pk]
    under_way.refresh_from_db()
    assert under_way.state == state


def test_what_is_settled_or_not_yet_sent_is_left_alone(acme, globex):
    make_published(acme, timedelta(days=2), "settled")
    make_firing(globex, NOON - timedelta(days=2))

    assert rescue_lost(NOON) == 0
