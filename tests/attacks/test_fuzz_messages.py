"""Whatever lies in the tenants' queue: no worker ends, and an honest run comes through after it."""

import json

import pytest
from hypothesis import strategies as st
from redis import Redis

from tests.attacks.fuzzing import ANYTHING, EXAMPLES, try_all
from tests.attacks.site import CLEARING, PLATFORM_TASK, VICTIM, envelope
from tests.conftest import broker_database
from tests.integration.rows import CLOSING

pytestmark = pytest.mark.integration

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | ANYTHING,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANYTHING, inner, max_size=3),
    max_leaves=5,
)
TASK = st.sampled_from([CLOSING, CLEARING, "celery.starmap", "celery.chord"]) | ANYTHING
#: What Celery itself never sends, and its worker's main process does not survive.
POISON = {
    "no envelope": "garbage",
    "an envelope that is no object": "[]",
    "a body that is null": envelope({"id": "a", "task": CLOSING}, b"null"),
    "a body in an encoding that nobody knows": envelope(
        {"id": "a", "task": CLOSING}, b"[]"
    ).replace('"base64"', '"base65"'),
    "a time limit that is no pair": envelope({"id": "a", "task": CLOSING, "timelimit": 5}, b"[]"),
    "an expiry that is no instant": envelope({"id": "a", "task": CLOSING, "expires": []}, b"[]"),
}
#: Sends a message as the product does, signed.
HONEST = (
    "from saas.celery import app; "
    f"app.send_task({PLATFORM_TASK!r}, task_id='honest', queue='celery', "
    "headers={'_schema_name': 'public'})"
)


@EXAMPLES
def test_a_body_of_any_kind_does_no_harm(product, examples):
    closed = product.young_order(VICTIM)

    def check(task, schema, message_id, body):
        headers = {"task": task, "id": message_id, "_schema_name": schema}
        product.push(envelope(headers, json.dumps(body).encode()))

    body = st.tuples(JSON, JSON, JSON)
    try_all(check, examples, task=TASK, schema=JSON, message_id=ANYTHING, body=body)

    assert not product.shows(closed)
    assert not product.a_process_died()


@pytest.fixture
def lone_worker(stack):
    """A worker of a broker of its own, so that its end is nobody else's."""
    before, own = stack.environment, "worker-alone"
    stack.environment = before | {"CELERY_BROKER_URL": broker_database(4)}
    stack.start_worker(own)
    stack.wait_until_ready()
    yield Redis.from_url(broker_database(4))
    stack.environment = before
    ended = stack.processes[own].poll() is not None
    stack.processes.pop(own) if ended else stack.stop(own)
    stack.log(own).unlink()
    Redis.from_url(broker_database(4)).flushdb()


@pytest.mark.parametrize("message", POISON.values(), ids=POISON)
def test_poison_is_survived(stack, lone_worker, message):
    worker = stack.processes["worker-alone"]

    lone_worker.lpush("celery", message)
    stack.as_web(HONEST)

    ran = f"Task {PLATFORM_TASK}[honest] "
    stack.wait_until(
        lambda: worker.poll() is not None or stack.says("worker-alone", ran), 20, "an end or a run"
    )
    assert worker.poll() is None
