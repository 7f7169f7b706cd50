"""What a worker's main process does with what it finds in the queue."""

import json
from typing import Any

import pytest
from kombu import Message

from scheduling.agenda.intake import reason_to_refuse, without_orders
from scheduling.agenda.signature import HEADER, sign
from scheduling.agenda.valkey import is_envelope

TASK, ID = "orders.tasks.auto_close_old_orders", "an id"


def message(body: Any = ([], {}, {}), **headers: Any) -> Message:
    named = {"task": TASK, "id": ID, HEADER: sign(TASK, ID)} | headers
    return Message(
        body=body if isinstance(body, str) else json.dumps(body),
        content_type="application/json",
        content_encoding="utf-8",
        headers=named,
        accept={"application/json"},
    )


def test_our_own_message_is_taken():
    assert reason_to_refuse(message()) == ""
    nothing = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}
    assert reason_to_refuse(message(([], {}, nothing))) == ""


@pytest.mark.parametrize("body", ["", "garbage", "null", "5", "[]", "[1, 2, 3]", '"abc"', "{}"])
def test_a_body_of_another_shape_is_refused(body):
    assert reason_to_refuse(message(body))


@pytest.mark.parametrize(
    "forged",
    [
        {"task": ["x"]},
        {"task": None},
        {"task": "tenants.tasks.build_tenant"},
        {"id": [1]},
        {"id": "another"},
        {HEADER: "x"},
        {HEADER: None},
    ],
)
def test_headers_that_we_did_not_sign_are_refused(forged):
    assert reason_to_refuse(message(**forged))


def test_arguments_that_we_did_not_sign_are_refused():
    assert reason_to_refuse(message(([7], {}, {})))
    assert reason_to_refuse(message(([], {"days": 0}, {})))


@pytest.mark.parametrize("kind", ["callbacks", "errbacks", "chain", "chord"])
def test_a_genuine_message_with_others_hung_on_it_is_refused(kind):
    assert reason_to_refuse(message(([], {}, {kind: [{"task": "celery.starmap"}]})))


def test_a_message_of_another_content_type_is_refused():
    pickled = message()
    pickled.content_type = "application/x-python-serialize"

    assert reason_to_refuse(pickled)


def test_what_a_message_may_not_order_is_taken_off():
    orders = {"timelimit": 5, "expires": [], "eta": "x", "retries": 99, "stamps": 5, "shadow": "x"}

    kept = without_orders(message(**orders).headers)

    assert kept == {
        "task": TASK,
        "id": ID,
        HEADER: sign(TASK, ID),
        "timelimit": [None, None],
        "expires": None,
        "eta": None,
        "retries": 0,
    }


ENVELOPE: dict[str, Any] = {
    "body": "",
    "content-type": "application/json",
    "content-encoding": "utf-8",
    "headers": {},
    "properties": {
        "delivery_tag": "x",
        "delivery_info": {"exchange": "", "routing_key": "celery"},
        "body_encoding": "base64",
    },
}


def test_an_envelope_is_one():
    assert is_envelope(ENVELOPE)


@pytest.mark.parametrize("odd", [None, 5, "x", [], {}, {"properties": {}}, {"properties": []}])
def test_anything_else_is_no_envelope(odd):
    assert not is_envelope(odd)


@pytest.mark.parametrize("name", ENVELOPE)
@pytest.mark.parametrize("odd", [None, 5, []])
def test_an_envelope_with_an_odd_part_is_none(name, odd):
    assert not is_envelope(ENVELOPE | {name: odd})


@pytest.mark.parametrize("name", ENVELOPE["properties"])
def test_an_envelope_with_an_odd_property_is_none(name):
    assert not is_envelope(ENVELOPE | {"properties": ENVELOPE["properties"] | {name: 5}})


@pytest.mark.parametrize("odd", [{}, {"exchange": ""}, {"exchange": [], "routing_key": ""}])
def test_an_envelope_that_does_not_say_where_it_went_is_none(odd):
    addressed = ENVELOPE["properties"] | {"delivery_info": odd}

    assert not is_envelope(ENVELOPE | {"properties": addressed})


def test_an_envelope_whose_body_nobody_can_decode_is_none():
    encoded = ENVELOPE["properties"] | {"body_encoding": "base65"}

    assert not is_envelope(ENVELOPE | {"properties": encoded})
