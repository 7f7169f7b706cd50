"""Many messages of one task at once, on RabbitMQ: sent one after the other, and confirmed together.

Celery and kombu take most of a millisecond for a message there, and wait for its confirmation before
the next. Here they write one, of which the others differ in what `envelopes.Letter` holds; RabbitMQ
confirms them as it comes to them. All that touches py-amqp's inside is in this module. Where anything
is other than expected, there is no envelope, and messages are sent one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from amqp import Message
from amqp.exceptions import MessageNacked
from celery import Celery
from kombu import Connection
from kombu.transport import pyamqp

from scheduling.agenda.envelopes import Letter, Sign, Write, is_told, sample


class Address(NamedTuple):
    exchange: str
    routing_key: str


class Envelope(NamedTuple):
    """A message of one task to one queue, with what stands for its letter."""

    key: Address
    body: str | bytes
    properties: dict[str, Any]
    letter: Letter

    def filled(self, letter: Letter, delivery_tag: str) -> Message:
        """Return the message of a letter; RabbitMQ has delivery tags of its own."""
        words = dict(zip(self.letter, letter, strict=True))
        return Message(self.body, **exchanged(self.properties, words))


def exchanged(value: Any, words: Mapping[str, str]) -> Any:
    """Return a value of dictionaries and plain ones in which some words are exchanged for others."""
    if isinstance(value, dict):
        return {name: exchanged(part, words) for name, part in value.items()}
    return words.get(value, value) if isinstance(value, str) else value


def envelope(app: Celery, connection: Connection, write: Write, sign: Sign) -> Envelope | None:
    """Return the envelope of what `write` sends; None where messages must be sent one by one.

    Two messages are written, and none of them sent. If the second is not the first with its words
    exchanged, then something else differs from message to message. Queues are declared as ever.
    """
    channel = connection.default_channel
    if not isinstance(channel, pyamqp.Channel) or is_told(app):
        return None
    first, second = (
        written(app, channel, write, letter) for letter in (sample(sign), sample(sign))
    )
    if first is None or second is None:
        return None
    made = first.filled(second.letter, "")
    is_alike = (first.key, made.body, made.properties) == (
        second.key,
        second.body,
        second.properties,
    )
    return first if is_alike else None


def written(app: Celery, channel: Any, write: Write, letter: Letter) -> Envelope | None:
    """Have Celery and kombu write a message; return what they would have sent, if it is one."""
    recorder = Recorder(channel)
    write(letter.message_id, letter.schema_name, app.amqp.Producer(recorder))
    if len(recorder.messages) != 1:
        return None
    ((message, exchange, routing_key),) = recorder.messages
    return Envelope(Address(exchange, routing_key), message.body, message.properties, letter)


class Recorder:
    """A channel that keeps the messages that would be sent, and is else the real one."""

    def __init__(self, channel: Any) -> None:
        self.channel = channel
        self.messages: list[tuple[Message, str, str]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.channel, name)

    def basic_publish(
        self, message: Message, exchange: str = "", routing_key: str = "", **_: Any
    ) -> None:
        self.messages.append((message, exchange, routing_key))


def push(connection: Connection, messages: Mapping[Address, Sequence[Message]]) -> None:
    """Send messages and wait until RabbitMQ has confirmed all of them.

    Raises what py-amqp raises, having sent some or none; MessageNacked where one was not taken.
    """
    # Its own, in which confirmations are counted from 1.
    channel = connection.channel()
    unconfirmed = Unconfirmed()
    # Some come while others are still being sent, which py-amqp reads in passing.
    channel.events["basic_ack"].add(unconfirmed.strike_out)
    channel.events["basic_nack"].add(refuse)
    channel.confirm_select()
    for address, those in messages.items():
        for message in those:
            unconfirmed.add_next()
            channel._basic_publish(message, **address._asdict())
    while unconfirmed.numbers:
        connection.drain_events()
    channel.close()


class Unconfirmed:
    """The numbers of the messages of a channel that RabbitMQ has yet to confirm."""

    def __init__(self) -> None:
        self.sent = 0
        self.numbers: set[int] = set()

    def add_next(self) -> None:
        self.sent += 1
        self.numbers.add(self.sent)

    def strike_out(self, number: int, is_multiple: bool) -> None:
        """Strike out what is confirmed: one message, or all up to it. In any order."""
        if is_multiple:
            self.numbers = {one for one in self.numbers if one > number}
        else:
            self.numbers.discard(number)


def refuse(*_: Any) -> None:
    raise MessageNacked
