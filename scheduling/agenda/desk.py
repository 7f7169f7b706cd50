"""The messages of some firings: sent together where the broker takes many, else one by one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from celery import Celery
from kombu import Connection

from scheduling.agenda.envelopes import Envelope, Letter, delivery_tags, envelope, push
from scheduling.agenda.models import Firing
from scheduling.agenda.signature import signing

#: The task of messages whose firing has a verdict: no body runs, a worker writes it down.
RECORD_TASK = "scheduling.tasks.record_verdict"


class Pile(NamedTuple):
    """What messages of one task to one queue are made of."""

    envelope: Envelope
    sign: Callable[[str], str]


class Desk:
    """Sends over one connection. Made for each batch, so that every envelope is as fresh as that."""

    def __init__(self, app: Celery, connection: Connection) -> None:
        self.app, self.connection = app, connection
        self.producer = app.amqp.Producer(connection)
        self.piles: dict[tuple[str, str], Pile | None] = {}

    def send(self, firing: Firing) -> None:
        """Send one message, by Celery's own `send_task`."""
        schema_name = firing.tenant.schema_name
        self.write(task_of(firing), firing.queue, str(firing.pk), schema_name, self.producer)

    def send_together(self, firings: Sequence[Firing]) -> bool:
        """Send one message for each firing; return False, with none sent, where that cannot be."""
        texts: dict[str, list[str]] = defaultdict(list)
        for firing, tag in zip(firings, delivery_tags(len(firings)), strict=True):
            pile = self.pile(task_of(firing), firing.queue)
            if pile is None:
                return False
            message_id = str(firing.pk)
            letter = Letter(message_id, firing.tenant.schema_name, pile.sign(message_id))
            texts[pile.envelope.key].append(pile.envelope.filled(letter, tag))
        push(self.connection, texts)
        return True

    def pile(self, task: str, queue: str) -> Pile | None:
        if (task, queue) not in self.piles:
            sign = signing(task)
            made = envelope(self.app, self.connection, partial(self.write, task, queue), sign)
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


def task_of(firing: Firing) -> str:
    return RECORD_TASK if firing.verdict else firing.task
