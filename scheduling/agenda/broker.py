"""What a beat asks of the broker: how long is a queue, and does it still remember?"""

from kombu import Connection, Exchange, Queue

from scheduling.agenda.dispatch import Publisher


class Broker:
    """Asks over the publisher's connection. All methods raise what the transport raises."""

    def __init__(self, publisher: Publisher, installation: str) -> None:
        self.publisher = publisher
        #: A queue with one message that nobody takes. Where it is gone, so are all messages that
        #: were published before.
        self.marker = Queue(
            name := f"agenda.memory.{installation}", Exchange(name), routing_key=name, durable=True
        )

    def length(self, queue: str) -> int:
        """Return how many messages wait in a queue; a queue that is not there has none."""
        connection: Connection = self.publisher.connected()
        # A channel of its own, for RabbitMQ closes it when there is no such queue.
        channel = connection.channel()
        try:
            count = int(channel.queue_declare(queue=queue, passive=True).message_count)
        except connection.channel_errors:
            count = 0
        # Not after other errors: a broker that does not answer would not answer this either.
        channel.close()
        return count

    def is_new(self) -> bool:
        """Whether the broker remembers nothing of what was published before.

        Queues are declared again before the next message, whatever the answer: a broker that was
        emptied, also between two looks of this beat, has lost them too, and drops without a word
        what is sent to them over a connection that has declared them once.
        """
        self.publisher.connected().declared_entities.clear()
        return self.length(self.marker.name) == 0

    def remember(self) -> None:
        """Leave the mark by which later forgetting is noticed."""
        with self.publisher.connected().Producer() as producer:
            producer.publish(
                "a mark: see scheduling/agenda/broker.py",
                exchange=self.marker.exchange,
                routing_key=self.marker.routing_key,
                declare=[self.marker],
                delivery_mode="persistent",
            )
