"""What a worker on Redis or Valkey still asks for after the broker was away."""

import pytest
from redis.exceptions import ConnectionError as Away

from scheduling.agenda.valkey import QoS


class ChannelOfNobody:
    """Stands for a channel whose broker is away."""

    unacked_key, unacked_index_key = "unacked", "unacked_index"
    do_restore = False  # at the exit of the process

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


def test_a_message_that_failed_twice_counts_once(full):
    for _attempt in range(2):
        with pytest.raises(Away):
            full.ack("a tag")
    full._flush()

    full._delivered["another tag"] = "another message"

    assert not full.can_consume()
