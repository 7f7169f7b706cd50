"""What a worker on Redis or Valkey still asks for after the broker was away."""

import pytest
from kombu import Connection
from redis.exceptions import ConnectionError as Away

from scheduling.agenda.valkey import QoS
from tests.conftest import broker_database


class ChannelOfNobody:
    """Stands for a channel whose broker is away."""

    unacked_key, unacked_index_key = "unacked", "unacked_index"
    do_restore = False  # at the exit of the process
    closed = False

    def conn_or_acquire(self, client=None):
        raise Away("nobody there")


@pytest.fixture
def full():
    """What counts for a worker that may have one message, and has it."""
    qos = QoS(ChannelOfNobody(), prefetch_count=1)
    qos._delivered["a tag"] = "a message"
    assert not qos.can_consume()
    return qos


def test_a_message_that_could_not_be_acknowledged_no_longer_counts(full):
    with pytest.raises(Away):
        full.ack("a tag")

    assert full.can_consume()


@pytest.mark.parametrize("requeue", [True, False])
def test_a_message_that_could_not_be_rejected_no_longer_counts(full, requeue):
    with pytest.raises(Away):
        full.reject("a tag", requeue)

    assert full.can_consume()


@pytest.mark.parametrize("end", ["ack", "reject", "requeue"])
def test_the_end_of_a_task_that_outlived_its_channel_is_an_error_of_the_connection(end):
    with Connection(broker_database(5)) as connection:
        queue = connection.SimpleQueue("outlived")
        queue.put("of a task")
        message = queue.get(timeout=5)
        message.channel.close()
        message.channel._disconnect_pools()  # as when its connections were lost

        # Which Celery's main process tells, and goes on.
        with pytest.raises(connection.connection_errors, match="channel"):
            getattr(message, end)()


def test_a_message_that_failed_twice_counts_once(full):
    for _attempt in range(2):
        with pytest.raises(Away):
            full.ack("a tag")
    full._flush()

    full._delivered["another tag"] = "another message"

    assert not full.can_consume()
