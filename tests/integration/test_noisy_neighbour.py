"""A tenant that hammers its admin is limited by itself: its neighbour's pages all come."""

import threading
from collections import Counter

import pytest

from tests.integration.person import Person
from tests.integration.stack import PASSWORD

pytestmark = pytest.mark.integration

HAMMERS = 12
PAGE = "/admin/orders/order/"


def owner_at(stack, slug):
    person = Person(f"{slug}.localhost", stack.web_port)
    assert person.log_in(f"owner@{slug}.test", PASSWORD).status == 200
    return person


@pytest.fixture(scope="module")
def neighbours(stack):
    for slug in ("noisy", "quiet"):
        stack.provision(slug, owner_email=f"owner@{slug}.test")
    return owner_at(stack, "noisy"), owner_at(stack, "quiet")


@pytest.fixture
def hammering(neighbours):
    """Have the noisy one ask for pages as fast as it can; yield what it was answered so far."""
    noisy, _quiet = neighbours
    answers: Counter[int] = Counter()
    over = threading.Event()

    def hammer():
        own = Person(noisy.host, noisy.port, cookies=dict(noisy.cookies))
        while not over.is_set():
            answers[own.get(PAGE).status] += 1

    threads = [threading.Thread(target=hammer) for _ in range(HAMMERS)]
    for thread in threads:
        thread.start()
    yield answers
    over.set()
    for thread in threads:
        thread.join()


def test_the_noisy_one_waits_and_its_neighbour_does_not(neighbours, hammering):
    _noisy, quiet = neighbours

    answered = Counter(quiet.get(PAGE).status for _ in range(20))

    assert answered == {200: 20}
    assert hammering[429] > 0
    assert hammering[200] > 0
    assert set(hammering) <= {200, 429}
