"""What goes out together is what Celery itself would have sent, message by message."""

import json
from base64 import b64decode

import pytest
from celery import current_app, signals
from kombu import Connection

from scheduling.agenda.desk import Desk
from scheduling.agenda.envelopes import delivery_tags
from scheduling.agenda.signature import HEADER, is_genuine
from tests.conftest import broker_database
from tests.scheduling.builders import outgoing_of


@pytest.fixture
def broker():
    with Connection(broker_database(5)) as connection:
        connection.default_channel.client.flushdb()
        yield connection
        connection.default_channel.client.flushdb()


def stored(broker, key="celery"):
    """Take what stands in a list of the broker, oldest first, as kombu's JSON has it."""
    client = broker.default_channel.client
    texts = client.lrange(key, 0, -1)[::-1]
    client.delete(key)
    return [json.loads(text) for text in texts]


def sent_one_by_one(broker, firings):
    for firing in firings:
        Desk(current_app, broker).send(firing)
    return stored(broker)


def without_tag(messages):
    return [
        message | {"properties": message["properties"] | {"delivery_tag": ""}}
        for message in messages
    ]


@pytest.mark.parametrize("fields", [{}, {"verdict": "missed"}], ids=["run", "verdict"])
def test_a_message_is_to_the_letter_what_celery_sends(acme, globex, broker, fields):
    firings = outgoing_of(acme, globex, **fields)

    assert Desk(current_app, broker).send_together(firings)

    together = stored(broker)
    assert without_tag(together) == without_tag(sent_one_by_one(broker, firings))
    assert [list(message) for message in together] == [
        list(message) for message in sent_one_by_one(broker, firings)
    ]


def test_each_message_has_its_own_id_schema_tag_and_signature(acme, globex, broker):
    firings = outgoing_of(acme, globex, acme)

    Desk(current_app, broker).send_together(firings)

    messages = stored(broker)
    headers = [message["headers"] for message in messages]
    assert [header["id"] for header in headers] == [firing.id for firing in firings]
    assert [header["_schema_name"] for header in headers] == [
        firing.schema_name for firing in firings
    ]
    assert len({message["properties"]["delivery_tag"] for message in messages}) == 3
    for header, message in zip(headers, messages, strict=True):
        args, kwargs, _embedded = json.loads(b64decode(message["body"]))
        assert is_genuine(header[HEADER], header["task"], header["id"], args, kwargs)


def test_delivery_tags_never_come_twice():
    assert len({*delivery_tags(500), *delivery_tags(500)}) == 1000


def test_messages_to_two_queues_each_go_to_theirs(acme, platform_tenant, broker):
    task = "scheduling.agenda.tasks.reconcile_schedules"
    firings = [*outgoing_of(acme), *outgoing_of(platform_tenant, task=task)]

    assert Desk(current_app, broker).send_together(firings)

    assert len(stored(broker)) == 1
    assert [message["headers"]["task"] for message in stored(broker, "platform")] == [task]


def test_a_prefix_of_all_keys_is_honoured(acme, broker):
    url = broker_database(5)
    options = {"global_keyprefix": "ours:"}
    with Connection(url, transport_options=options) as prefixed:
        assert Desk(current_app, prefixed).send_together(outgoing_of(acme))

    assert len(stored(broker, "ours:celery")) == 1
    assert stored(broker) == []


def test_a_priority_is_honoured(acme, broker):
    class Urgent(Desk):
        def write(self, task, queue, message_id, schema_name, producer):
            options = {"queue": queue, "producer": producer, "priority": 9}
            self.app.send_task(
                task, task_id=message_id, headers={"_schema_name": schema_name}, **options
            )

    assert Urgent(current_app, broker).send_together(outgoing_of(acme))

    (message,) = stored(broker, "celery\x06\x169")
    assert message["properties"]["priority"] == 9


def test_another_transport_gets_them_one_by_one(acme):
    with Connection("memory://") as memory:
        desk = Desk(current_app, memory)
        (firing,) = outgoing_of(acme)

        assert not desk.send_together([firing])
        desk.send(firing)

        assert memory.default_channel.queue_declare("celery", passive=True).message_count == 1


def test_who_listens_to_what_is_sent_is_told_of_each(acme, globex, broker):
    told = []

    def listen(headers, **_):
        told.append(headers["id"])

    signals.after_task_publish.connect(listen)
    try:
        assert not Desk(current_app, broker).send_together(outgoing_of(acme, globex))
    finally:
        signals.after_task_publish.disconnect(listen)
    assert told == []


def test_messages_that_differ_in_what_we_do_not_know_go_one_by_one(acme, broker, monkeypatch):
    numbers = iter(range(100))
    send = type(current_app._get_current_object()).send_task

    def send_numbered(self, *args, headers, **options):
        return send(self, *args, headers=headers | {"number": next(numbers)}, **options)

    monkeypatch.setattr(type(current_app._get_current_object()), "send_task", send_numbered)

    assert not Desk(current_app, broker).send_together(outgoing_of(acme))
    assert stored(broker) == []
