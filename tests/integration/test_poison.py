"""What somebody else wrote to the broker: refused once, told as a security event, and nobody ends."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from celery import Celery
from celery.events.event import get_exchange

from scheduling.agenda.signature import HEADER
from tests.conftest import broker_database
from tests.integration.lone import BODY, REFUSED, REPORT, Lone
from tests.integration.post import RabbitPost, ValkeyPost
from tests.integration.rows import CLOSING

pytestmark = pytest.mark.integration

EVENT = "security_event='message_refused'"
HEADERS: dict[str, Any] = {"task": CLOSING, "id": "a"}
#: What ends a stock worker, or makes it run what it should not.
ORDERS: dict[str, dict[str, Any]] = {
    "a time limit that is no pair": {"timelimit": 5},
    "an expiry that is no instant": {"expires": []},
    "an instant that is none": {"eta": {"x": []}},
    "retries that are no number": {"retries": "x"},
    "stamps that are a number": {"stamps": 5, "stamped_headers": 5},
}
FORGED: dict[str, tuple[Any, ...]] = {
    name: (HEADERS | order, BODY) for name, order in ORDERS.items()
} | {
    "an id that is a list": (HEADERS | {"id": [1]}, BODY),
    "a task that is a list": (HEADERS | {"task": ["x"]}, BODY),
    "a signature that is a number": (HEADERS | {HEADER: 5}, BODY),
    "a cut body": (HEADERS, b'[[], {}, {"callb'),
    "a body that is null": (HEADERS, b"null"),
    "a body deeper than Python goes": (HEADERS, b"[" * 100_000),
    "a body that is not UTF-8": (HEADERS, b"\xff\xfe"),
    "no headers": ({}, BODY),
    "the protocol before headers": ({}, json.dumps({"task": CLOSING, "id": "a"}).encode()),
    "another content type": (HEADERS, b"cos\nsystem\n", "application/x-python-serialize"),
    "an unknown content type": (HEADERS, BODY, "application/x-nothing"),
    "an unknown encoding": (HEADERS, BODY, "application/json", "x-nothing"),
}
GARBAGE = {
    "garbage": "garbage",
    "nothing": "",
    "bytes": b"\xff\xfe\x00",
    "a list": "[]",
    "a number": "5",
    "a list deeper than Python goes": "[" * 100_000,
    "an id as kombu writes them, but none": '{"__type__": "uuid", "__value__": 5}',
    "a decimal as kombu writes them, but none": '{"__type__": "decimal", "__value__": "x"}',
    "an envelope without a letter": '{"properties": {}}',
}


def start(stack, url, post):
    """Yield a lone worker of a broker, and see in the end that no message is left there."""
    before = stack.environment
    stack.environment = before | {"CELERY_BROKER_URL": url}
    lone = Lone(stack, post)
    stack.start_worker(Lone.name)
    stack.wait_until_ready()
    yield lone
    stack.environment = before
    if lone.ended():
        stack.processes.pop(Lone.name)
    else:
        stack.stop(Lone.name)
    stack.log(Lone.name).unlink()
    left = post.left()
    post.close()
    assert left == 0


@pytest.fixture(scope="module")
def tenants(stack):
    for slug in ("lone", "other", "stopped"):
        stack.provision(slug)
    stack.manage("suspend_tenant", "stopped", "--reason", "a test")
    return stack


def valkey(_request):
    return broker_database(4), ValkeyPost(broker_database(4))


def rabbitmq(request):
    server = request.getfixturevalue("rabbit")
    server.empty()
    return server.url, RabbitPost(server.url)


ON_BOTH = [valkey, pytest.param(rabbitmq, marks=pytest.mark.rabbitmq)]


@pytest.fixture(scope="module", params=ON_BOTH)
def lone(request, tenants):
    yield from start(tenants, *request.param(request))


@pytest.mark.parametrize("message", FORGED.values(), ids=FORGED)
def test_what_we_did_not_sign_is_refused_once(lone, message):
    refusal = lone.refusal_of(*message)

    assert EVENT in refusal


@pytest.mark.parametrize("lone", [valkey], indirect=True)
@pytest.mark.parametrize("entry", GARBAGE.values(), ids=GARBAGE)
def test_what_is_no_message_is_refused_once(lone, entry):
    before = len(lone.lines(EVENT))

    lone.post.push(entry)
    lone.go_on()

    assert len(lone.lines(EVENT)) == before + 1


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_our_own_message_sent_again_with_orders_is_the_repeat_that_it_is(lone, order):
    before = len(lone.lines(REFUSED))

    lone.post.send(lone.signed(lone.settled) | order, BODY)
    lone.go_on()

    assert len(lone.lines(REFUSED)) == before


def test_a_firing_that_does_not_exist_is_refused_once(lone):
    refusal = lone.refusal_of(lone.signed(str(uuid.uuid4())), BODY)

    assert "no such firing" in refusal


def test_an_id_that_is_none_is_refused_once(lone):
    refusal = lone.refusal_of(lone.signed("not an id"), BODY)

    assert "no such firing" in refusal


@pytest.mark.parametrize("slug", ["other", None])
def test_a_firing_in_another_schema_or_none_is_refused_once(lone, slug):
    schema = lone.stack.schema_of(slug) if slug else "t_nobody"

    refusal = lone.refusal_of(lone.signed(lone.stray) | {"_schema_name": schema}, BODY)

    assert "is for schema" in refusal
    assert lone.stack.runs("lone") == lone.stack.runs("other") == []


def test_a_firing_of_another_task_is_refused_once(lone):
    refusal = lone.refusal_of(lone.signed(lone.of_another_task), BODY)

    assert f"the firing is of {REPORT}" in refusal
    assert lone.stack.runs("lone") == []


def test_a_suspended_tenants_firing_is_refused_once(lone):
    refusal = lone.refusal_of(lone.signed(lone.suspended, slug="stopped"), BODY)

    assert "the tenant is suspended" in refusal
    assert {state for _, state in lone.stack.runs("stopped")} == {"suspended"}


def test_a_task_that_is_gone_ends_nobody(lone):
    """As after a deployment: we signed its message, and no worker knows it any more."""
    lone.post.send(lone.signed(str(uuid.uuid4()), task="orders.tasks.gone"), BODY)
    lone.go_on()

    assert lone.lines("orders.tasks.gone")


def stranger(lone):
    """Return a Celery app of somebody who has reached the broker."""
    return Celery(broker=lone.stack.environment["CELERY_BROKER_URL"], set_as_current=False)


def test_an_order_to_stop_is_not_heard(lone):
    with stranger(lone).connection() as connection:
        stranger(lone).control.shutdown(connection=connection)

    lone.go_on()


def test_an_event_that_is_none_is_not_heard(lone):
    """Stock workers listen to each other's events, and one that is a list ends them."""
    with stranger(lone).connection() as connection:
        exchange = get_exchange(connection)
        producer = connection.Producer()
        producer.publish([], exchange=exchange, routing_key="worker.x", declare=[exchange])

    lone.go_on()
