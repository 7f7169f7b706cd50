"""What a beat learns from real brokers: how long a queue is, and whether they remember."""

import pytest
from kombu import Connection, Exchange, Queue

from scheduling.agenda.broker import Broker
from scheduling.agenda.dispatch import Publisher
from tests.conftest import broker_database
from tests.integration.rabbitmq import RabbitServer

WORK = Queue("work", Exchange("work"), routing_key="work")


class Line(Publisher):
    """Stands for the publisher, of which only its connection is asked."""

    def __init__(self, connection):
        self.connection = connection

    def connected(self):
        return self.connection


@pytest.fixture(scope="module")
def rabbit():
    with RabbitServer() as server:
        yield server


@pytest.fixture(params=["valkey", pytest.param("rabbitmq", marks=pytest.mark.rabbitmq)])
def line(request):
    """A connection to each kind of broker, which has nothing of ours."""
    is_valkey = request.param == "valkey"
    url = broker_database(7) if is_valkey else request.getfixturevalue("rabbit").url
    with Connection(url) as connection:
        line = Line(connection)
        forget(line)
        yield line
        forget(line)


def forget(line):
    """Do what an operator does with FLUSHDB, or by deleting all queues."""
    with line.connection.channel() as channel:
        for name in ("work", "agenda.memory.ours", "agenda.memory.others"):
            channel.queue_delete(name)


def publish(line, count):
    with line.connection.Producer() as producer:
        for _ in range(count):
            producer.publish("hello", exchange=WORK.exchange, routing_key="work", declare=[WORK])


def take_one(line):
    with line.connection.channel() as channel:
        assert WORK(channel).get(no_ack=True)


def test_a_queue_that_is_not_there_is_empty(line):
    broker = Broker(line, "ours")

    assert broker.length("nobody made it") == 0
    assert broker.length("nobody made it") == 0


def test_a_queue_is_as_long_as_what_waits_in_it(line):
    publish(line, 3)
    take_one(line)

    assert Broker(line, "ours").length("work") == 2


def test_a_broker_is_new_until_it_is_marked(line):
    broker = Broker(line, "ours")
    assert broker.is_new()

    broker.remember()

    assert not broker.is_new()
    assert not broker.is_new(), "to ask takes nothing away"


def test_an_installation_has_a_mark_of_its_own(line):
    Broker(line, "ours").remember()

    assert Broker(line, "others").is_new()


def test_the_mark_outlives_what_workers_take(line):
    Broker(line, "ours").remember()
    publish(line, 1)

    take_one(line)

    assert not Broker(line, "ours").is_new()


def test_a_broker_that_was_emptied_is_new(line):
    broker = Broker(line, "ours")
    broker.remember()

    forget(line)

    assert broker.is_new()
    broker.remember()
    assert not broker.is_new()


def test_what_is_published_after_a_broker_was_emptied_arrives(line):
    """A connection that has declared a queue once takes it for being there."""
    broker = Broker(line, "ours")
    publish(line, 1)
    forget(line)

    broker.is_new()
    publish(line, 1)

    assert broker.length("work") == 1


@pytest.mark.rabbitmq
def test_the_mark_outlives_a_restart_of_a_broker_that_keeps_its_messages():
    with RabbitServer() as server:
        with Connection(server.url) as connection:
            Broker(Line(connection), "ours").remember()

        server.process.terminate()
        server.process.wait(30)
        server.__enter__()

        with Connection(server.url) as connection:
            assert not Broker(Line(connection), "ours").is_new()


def test_a_broker_that_is_away_is_an_error_and_not_a_new_one():
    with Connection("redis://127.0.0.1:1/0") as connection:
        with pytest.raises(Exception, match=r"(?i)connect"):
            Broker(Line(connection), "ours").is_new()
