"""Publishing planned firings: one message each, built by the platform alone."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from celery import Celery
from django.db import transaction
from kombu import Connection

from scheduling.agenda.clock import ClockTimestamp
from scheduling.agenda.models import Firing
from scheduling.catalogue import PLATFORM_QUEUE, TENANT_QUEUE

#: Publishes firings and returns how many of them, from the first on, were taken by the broker.
Publish = Callable[[Sequence[Firing]], int]

#: A slow broker must not keep firings locked for long: what it took by then is marked.
BUDGET_SECONDS = 3.0


def publish_planned(publish: Publish, limit: int = 200) -> int:
    """Publish up to `limit` planned firings, whoever planned them, and return how many.

    They stay locked until they are marked, so no two beats publish the same one. A beat that dies
    or a broker that fails in between leaves them planned, and they are published again with the
    same id: at least once. The worker sees to it that the effect is one.
    """
    with transaction.atomic():
        firings = list(Firing.objects.unpublished(limit))
        published = firings[: publish(firings)] if firings else []
        Firing.objects.filter(pk__in=[firing.pk for firing in published]).update(
            state=Firing.State.PUBLISHED, published_at=ClockTimestamp()
        )
    return len(published)


class Publisher:
    """Sends firings over one connection to the broker, which is made anew after an error."""

    def __init__(self, app: Celery) -> None:
        self.app = app
        self.connection: Connection | None = None

    def __call__(self, firings: Sequence[Firing]) -> int:
        """Publish one message per firing, at least one and for as long as the budget lasts.

        Return how many; raises what the transport raises, having published some or none.
        """
        producer = self.app.amqp.Producer(self.connected())
        deadline = time.monotonic() + BUDGET_SECONDS
        try:
            for count, firing in enumerate(firings, start=1):
                self.publish(firing, producer)
                if time.monotonic() > deadline:
                    return count
        except Exception:
            self.close()
            raise
        return len(firings)

    def publish(self, firing: Firing, producer: Any) -> None:
        schema_name = firing.tenant.schema_name
        self.app.send_task(
            firing.task,
            task_id=str(firing.pk),
            queue=PLATFORM_QUEUE if firing.tenant.is_platform else TENANT_QUEUE,
            headers={"_schema_name": schema_name},
            producer=producer,
            ignore_result=True,
            retry=False,
        )

    def connected(self) -> Connection:
        if self.connection is None:
            connection = self.app.connection_for_write()
            connection.ensure_connection(max_retries=1, interval_start=0)
            self.connection = connection
        return self.connection

    def close(self) -> None:
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.release()
