"""What goes to RabbitMQ together is what Celery itself would have sent, and is all confirmed."""

import pytest
from amqp import Message
from amqp.exceptions import MessageNacked
from celery import current_app
from kombu import Connection

from saas.messaging import RABBITMQ
from scheduling.agenda.confirmed import Address, Unconfirmed, push
from scheduling.agenda.desk import Desk
from scheduling.agenda.signature import HEADER, is_genuine
from tests.scheduling.builders import outgoing_of

pytestmark = pytest.mark.rabbitmq


@pytest.fixture
def line(rabbit):
    """A connection as beat has it, and no message of another test."""
    rabbit.empty()
    options = RABBITMQ["CELERY_BROKER_TRANSPORT_OPTIONS"]
    with Connection(rabbit.url, transport_options=options) as connection:
        yield connection


def received(line, queue="celery"):
    """Take the messages of a queue: their bodies, properties and headers."""
    bound = current_app.amqp.queues[queue](line.channel())
    messages = list(iter(lambda: bound.get(no_ack=True, accept=["json"]), None))
    return [(message.body, message.properties, message.headers) for message in messages]


@pytest.mark.parametrize("fields", [{}, {"verdict": "missed"}], ids=["run", "verdict"])
def test_a_message_is_to_the_letter_what_celery_sends(acme, globex, line, fields):
    firings = outgoing_of(acme, globex, **fields)

    assert Desk(current_app, line).send_together(firings)

    together = received(line)
    for firing in firings:
        Desk(current_app, line).send(firing)
    assert together == received(line)
    assert [properties["delivery_mode"] for _, properties, _ in together] == [2, 2]  # persistent


def test_each_message_has_its_own_id_schema_and_signature(acme, globex, line):
    firings = outgoing_of(acme, globex, acme)

    assert Desk(current_app, line).send_together(firings)

    headers = [headers for _body, _properties, headers in received(line)]
    assert [header["id"] for header in headers] == [firing.id for firing in firings]
    assert [header["_schema_name"] for header in headers] == [
        firing.schema_name for firing in firings
    ]
    assert all(is_genuine(one[HEADER], one["task"], one["id"], [], {}) for one in headers)


def test_messages_to_two_queues_each_go_to_theirs(acme, platform_tenant, line):
    task = "scheduling.agenda.tasks.reconcile_schedules"
    firings = [*outgoing_of(acme), *outgoing_of(platform_tenant, task=task)]

    assert Desk(current_app, line).send_together(firings)

    assert len(received(line)) == 1
    assert [headers["task"] for _, _, headers in received(line, "platform")] == [task]


def test_messages_that_differ_in_what_we_do_not_know_go_one_by_one(acme, line, monkeypatch):
    numbers = iter(range(100))
    send = type(current_app._get_current_object()).send_task

    def send_numbered(self, *args, headers, **options):
        return send(self, *args, headers=headers | {"number": next(numbers)}, **options)

    monkeypatch.setattr(type(current_app._get_current_object()), "send_task", send_numbered)

    assert not Desk(current_app, line).send_together(outgoing_of(acme))
    assert received(line) == []


def test_confirmations_that_come_while_others_are_sent_count_too(line):
    """More than RabbitMQ keeps to itself meanwhile: else this waits until the connection gives up."""
    address = Address("", line.channel().queue_declare("many", auto_delete=True).queue)

    push(line, {address: [Message(str(number)) for number in range(5_000)]})

    assert line.channel().queue_purge("many") == 5_000


def test_confirmations_may_be_of_one_or_of_many_in_any_order():
    waiting = Unconfirmed()
    for _ in range(5):
        waiting.add_next()

    waiting.strike_out(4, False)
    assert waiting.numbers == {1, 2, 3, 5}
    waiting.strike_out(2, True)
    assert waiting.numbers == {3, 5}


def test_a_message_that_rabbitmq_does_not_take_is_an_error(line):
    """Such as one to a queue that is full."""
    full = {"x-max-length": 0, "x-overflow": "reject-publish"}
    queue = line.channel().queue_declare("full", auto_delete=True, arguments=full).queue

    with pytest.raises(MessageNacked):
        push(line, {Address("", queue): [Message("one too many")]})
