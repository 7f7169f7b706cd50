"""Many messages of one task at once, on Redis and Valkey: written once by Celery, then filled in.

Celery and kombu take some 300 µs for a message, and wait for the broker after each. Here they write
one whose id, schema, signature and delivery tag are blanks, as text, and a list of such texts filled
in goes out as one LPUSH. All that touches kombu's inside is in this module. Where the broker is
another, or anything is other than expected, there is no envelope, and messages are sent one by one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import uuid4

from celery import Celery, signals
from kombu import Connection

from scheduling.agenda import valkey

#: What is told of each message that is sent: whoever listens is told of each, by sending it.
TOLD = (signals.before_task_publish, signals.after_task_publish, signals.task_sent)


class Letter(NamedTuple):
    """What differs between the messages of a task. Texts that need no escaping in JSON."""

    message_id: str
    schema_name: str
    signature: str


#: Sends one message with Celery: of this id, to this schema, over this producer.
Write = Callable[[str, str, Any], None]
Sign = Callable[[str], str]


class Envelope(NamedTuple):
    """A message of one task to one queue, with blanks."""

    #: The list that it is put into: the queue, and its priority.
    key: str
    #: For the operator %: each blank has its name, as in `%(message_id)s`.
    text: str

    def filled(self, letter: Letter, delivery_tag: str) -> str:
        return self.text % blanks(letter, delivery_tag)


def blanks(letter: Letter, delivery_tag: str) -> dict[str, str]:
    message_id, schema_name, signature = letter
    return {
        "message_id": message_id,
        "schema_name": schema_name,
        "signature": signature,
        "delivery_tag": delivery_tag,
    }


def delivery_tags(count: int) -> list[str]:
    """Return as many ids that nobody else has: one random beginning, and a number each."""
    beginning = str(uuid4())[:24]
    return [f"{beginning}{number:012x}" for number in range(count)]


def envelope(app: Celery, connection: Connection, write: Write, sign: Sign) -> Envelope | None:
    """Return the envelope of what `write` sends; None where messages must be sent one by one.

    Two messages are written, and none of them sent. If the second is not the first with its blanks
    filled in, then something else differs from message to message. Queues are declared as ever.
    """
    channel = connection.default_channel
    if not isinstance(channel, valkey.Channel) or is_told(app):
        return None
    first, second = (
        written(app, channel, write, letter) for letter in (sample(sign), sample(sign))
    )
    if first is None or second is None:
        return None
    made = Envelope(first.key, with_blanks(first))
    is_alike = (first.key, made.text % second.values) == (second.key, second.text)
    return made if is_alike else None


def is_told(app: Celery) -> bool:
    """Whether somebody wants to hear of each message that is sent."""
    return bool(app.conf.task_send_sent_event or any(signal.receivers for signal in TOLD))


class Written(NamedTuple):
    key: str
    text: str
    values: dict[str, str]


def sample(sign: Sign) -> Letter:
    """Return a letter whose words occur nowhere else."""
    message_id = str(uuid4())
    return Letter(message_id, f"t_{uuid4().hex}", sign(message_id))


def written(app: Celery, channel: Any, write: Write, letter: Letter) -> Written | None:
    """Have Celery and kombu write a message; return what they would have sent, if it is one LPUSH."""
    recorder = Recorder(channel)
    write(letter.message_id, letter.schema_name, app.amqp.Producer(recorder))
    if [command for command, *_ in recorder.commands] != ["lpush"]:
        return None
    (_, key, text) = recorder.commands[0]
    tag = json.loads(text)["properties"]["delivery_tag"]
    return Written(key, text, blanks(letter, tag))


def with_blanks(message: Written) -> str:
    text = message.text.replace("%", "%%")
    for name, value in message.values.items():
        text = text.replace(value, f"%({name})s")
    return text


class Recorder:
    """A channel that keeps the commands by which messages would be sent, and is else the real one."""

    def __init__(self, channel: Any) -> None:
        self.channel = channel
        self.commands: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.channel, name)

    def basic_publish(self, message: Any, **options: Any) -> None:
        self.channel.basic_publish(message, _publish_batch=self, **options)

    def add(self, *command: Any) -> None:
        """Take a command, as kombu's own batches do."""
        self.commands.append(command)


def push(connection: Connection, texts: Mapping[str, Sequence[str]]) -> None:
    """Send messages: one LPUSH for each list. Raises what redis raises, having sent some or none."""
    with connection.default_channel.conn_or_acquire() as client:
        for key, messages in texts.items():
            client.lpush(key, *messages)
