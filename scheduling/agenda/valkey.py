"""The Redis and Valkey transport, which drops what is no message at all and outlives outages.

kombu raises out of the worker's main loop on a list entry that is not its JSON, and the worker ends.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kombu.transport import redis, virtual
from redis.exceptions import ConnectionError

from scheduling.agenda.refusal import log_refusal

#: What reading an entry ends in that kombu did not write: it also looks for its own encodings of
#: dates and the like, and trusts what is in them. None of them is an error of the connection.
UNREADABLE = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError)
#: Of an envelope, what kombu takes for text.
TEXTS = ("body", "content-type", "content-encoding")


class QoS(redis.QoS):
    """Counts what the worker has at a time: no more than it may.

    kombu goes on counting a message whose acknowledgement failed, because the broker was away. Once
    that has happened to as many as the worker may have, it asks for no more, and so never learns
    that the broker is back. The message itself comes again after the visibility timeout.

    Of a task that ends when the worker is connected anew, the channel is closed. kombu stumbles over
    that with an AttributeError, which nobody expects: the worker would end.
    """

    def ack(self, delivery_tag: str) -> None:
        with self.given_up(delivery_tag):
            super().ack(delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        with self.given_up(delivery_tag):
            super().reject(delivery_tag, requeue)

    @contextmanager
    def given_up(self, delivery_tag: str) -> Iterator[None]:
        """Count a message no more when what is done to it fails; raises what callers expect then."""
        try:
            yield
        except Exception as error:
            virtual.QoS.ack(self, delivery_tag)
            if self.channel.closed:
                raise ConnectionError("the message came over a channel that is closed") from error
            raise


class Channel(redis.Channel):
    QoS = QoS

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)
        except UNREADABLE as error:
            log_refusal(f"unreadable: {error!r}")
            return True


class Transport(redis.Transport):
    Channel = Channel

    def _deliver(self, message: Any, queue: str) -> None:
        if is_envelope(message):
            super()._deliver(message, queue)
        else:
            log_refusal("no envelope", content=repr(message))


def is_envelope(message: Any) -> bool:
    """Whether kombu finds where it looks what it takes for granted."""
    if not isinstance(message, dict) or not isinstance(message.get("properties"), dict):
        return False
    properties = message["properties"]
    delivery = properties.get("delivery_info")
    return (
        isinstance(delivery, dict)
        and isinstance(message.get("headers"), dict)
        and properties.get("body_encoding") == "base64"
        and isinstance(properties.get("delivery_tag"), str)
        and all(isinstance(delivery.get(name), str) for name in ("exchange", "routing_key"))
        and all(isinstance(message.get(name), str) for name in TEXTS)
    )
