"""The messages of some firings: sent together where that is known how, else one by one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from celery import Celery
from kombu import Connection

from scheduling.agenda import confirmed, envelopes
from scheduling.agenda.envelopes import Letter, delivery_tags
from scheduling.agenda.outgoing import Outgoing
from scheduling.agenda.signature import signing


class Pile(NamedTuple):
    """What messages of one task to one queue are made of."""

    envelope: envelopes.Envelope | confirmed.Envelope
    sign: Callable[[str], str]


class Desk:
    """Sends over one connection. Made for each batch, so that every envelope is as fresh as that."""

    def __init__(self, app: Celery, connection: Connection) -> None:
        self.app, self.connection = app, connection
        self.producer = app.amqp.Producer(connection)
        self.piles: dict[tuple[str, str], Pile | None] = {}

    def send(self, firing: Outgoing) -> None:
        """Send one message, by Celery's own `send_task`."""
        self.write(firing.message_task, firing.queue, firing.id, firing.schema_name, self.producer)

    def send_together(self, firings: Sequence[Outgoing]) -> bool:
        """Send one message for each firing; return False, with none sent, where that cannot be."""
        filled: dict[Any, list[Any]] = defaultdict(list)
        for firing, tag in zip(firings, delivery_tags(len(firings)), strict=True):
            pile = self.pile(firing.message_task, firing.queue)
            if pile is None:
                return False
            letter = Letter(firing.id, firing.schema_name, pile.sign(firing.id))
            filled[pile.envelope.key].append(pile.envelope.filled(letter, tag))
        way_of(self.connection).push(self.connection, filled)
        return True

    def pile(self, task: str, queue: str) -> Pile | None:
        if (task, queue) not in self.piles:
            sign = signing(task)
            write = partial(self.write, task, queue)
            made = way_of(self.connection).envelope(self.app, self.connection, write, sign)
            self.piles[task, queue] = made and Pile(made, sign)
        return self.piles[task, queue]

    def write(
        self, task: str, queue: str, message_id: str, schema_name: str, producer: Any
    ) -> None:
        self.app.send_task(
            task,
            task_id=message_id,
            queue=queue,
            headers={"_schema_name": schema_name},
            producer=producer,
            ignore_result=True,
            retry=False,
        )


def way_of(connection: Connection) -> Any:
    """Return the module that knows how many messages go to this broker at once, if any does."""
    return confirmed if connection.transport.driver_type == "amqp" else envelopes
