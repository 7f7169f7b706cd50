"""Publishing planned firings: one message each, built by the platform alone."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from celery import Celery
from django.db import transaction
from kombu import Connection

from scheduling.agenda.desk import Desk
from scheduling.agenda.firings import Firing
from scheduling.agenda.outgoing import Outgoing, lock_outgoing, mark_published, put_off

#: Publishes firings and returns how many of them, from the first on, were taken by the broker.
Publish = Callable[[Sequence[Outgoing]], int]

#: Firings that are published in one transaction, and sent at once where the broker takes many.
BATCH, AT_ONCE = 2_500, 500
#: Of fewer, each is sent as ever: what many go out by takes longer to make than to send these.
FEWEST_TOGETHER = 4
#: A slow broker must not keep firings locked for long: what it took by then is marked.
BUDGET_SECONDS = 3.0
#: A firing that waits for an earlier run of its schedule is looked at again after this.
LOOK_AGAIN_AFTER = timedelta(seconds=1)


def publish_planned(publish: Publish, now: datetime, limit: int = BATCH) -> int:
    """Publish up to `limit` planned firings, whoever planned them; return how many are dealt with.

    They stay locked until they are marked, so no two beats publish the same one. A beat that dies
    or a broker that fails in between leaves them planned, and they are published again with the
    same id: at least once. The worker sees to it that the effect is one.
    """
    with transaction.atomic():
        found = lock_outgoing(now, limit)
        put_off([firing for firing in found if not firing.schema_name])
        owned = [firing for firing in found if firing.schema_name]
        firings = [firing for firing in owned if not firing.waits or may_go(firing, now)]
        published = firings[: publish(firings)] if firings else []
        mark_published(published)
    return len(found) - len(firings) + len(published)


def may_go(firing: Outgoing, now: datetime) -> bool:
    """Whether no other run of a waiting firing's schedule is going; else it is put off for a while."""
    if not Firing.objects.going(firing.tenant_id, firing.periodic_task_id).exists():
        return True
    own = Firing.objects.filter(pk=firing.id, slot_at=firing.slot_at)
    own.update(publish_at=now + LOOK_AGAIN_AFTER)
    return False


class Publisher:
    """Sends firings over one connection to the broker, which is made anew after an error."""

    def __init__(self, app: Celery) -> None:
        self.app = app
        self.connection: Connection | None = None

    def __call__(self, firings: Sequence[Outgoing]) -> int:
        """Publish one message per firing, at least some and for as long as the budget lasts.

        Return how many; raises what the transport raises, having published some or none.
        """
        deadline = time.monotonic() + BUDGET_SECONDS
        try:
            for count in self.steps(firings):
                if time.monotonic() > deadline:
                    return count
        except Exception:
            self.close()
            raise
        return len(firings)

    def steps(self, firings: Sequence[Outgoing]) -> Iterator[int]:
        """Publish, and yield after each step how many were published."""
        desk = Desk(self.app, self.connected())
        for start in range(0, len(firings), AT_ONCE):
            some = firings[start : start + AT_ONCE]
            if len(some) >= FEWEST_TOGETHER and desk.send_together(some):
                yield start + len(some)
                continue
            for number, firing in enumerate(some, start=1):
                desk.send(firing)
                yield start + number

    def connected(self) -> Connection:
        if self.connection is None:
            connection = self.app.connection_for_write()
            connection.ensure_connection(max_retries=1, interval_start=0)
            self.connection = connection
        return self.connection

    def close(self) -> None:
        """Hang up without a word: for the answer to a farewell py-amqp waits, channel by channel."""
        connection, self.connection = self.connection, None
        if connection is None:
            return
        if connection.connected and hasattr(connection.connection, "collect"):
            connection.connection.collect()
        connection.release()
