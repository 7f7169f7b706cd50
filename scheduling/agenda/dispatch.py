"""Publishing planned firings: one message each, built by the platform alone."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from celery import Celery
from django.db import transaction
from django.db.models import F
from kombu import Connection

from scheduling.agenda.clock import ClockTimestamp
from scheduling.agenda.models import Firing

#: Publishes firings and returns how many of them, from the first on, were taken by the broker.
Publish = Callable[[Sequence[Firing]], int]

#: A slow broker must not keep firings locked for long: what it took by then is marked.
BUDGET_SECONDS = 3.0
#: A firing that waits for an earlier run of its schedule is looked at again after this.
LOOK_AGAIN_AFTER = timedelta(seconds=1)
#: The task of messages whose firing has a verdict: no body runs, a worker writes it down.
RECORD_TASK = "scheduling.tasks.record_verdict"


def publish_planned(publish: Publish, now: datetime, limit: int = 200) -> int:
    """Publish up to `limit` planned firings, whoever planned them; return how many are dealt with.

    They stay locked until they are marked, so no two beats publish the same one. A beat that dies
    or a broker that fails in between leaves them planned, and they are published again with the
    same id: at least once. The worker sees to it that the effect is one.
    """
    with transaction.atomic():
        found = list(Firing.objects.publishable(now, limit))
        firings = [firing for firing in found if not firing.waits or may_go(firing, now)]
        published = firings[: publish(firings)] if firings else []
        Firing.objects.filter(pk__in=[firing.pk for firing in published]).update(
            state=Firing.State.PUBLISHED,
            published_at=ClockTimestamp(),
            publications=F("publications") + 1,
        )
    return len(found) - len(firings) + len(published)


def may_go(firing: Firing, now: datetime) -> bool:
    """Whether no other run of a waiting firing's schedule is going; else it is put off for a while."""
    own = Firing.objects.filter(pk=firing.pk)
    if Firing.objects.going(firing.tenant_id, firing.periodic_task_id).exists():
        own.update(publish_at=now + LOOK_AGAIN_AFTER)
        return False
    own.update(waits=False)
    return True


def next_publication_at() -> datetime | None:
    """Return when the first of the planned firings may be published."""
    planned = Firing.objects.filter(state=Firing.State.PLANNED).order_by("publish_at", "pk")
    return planned.values_list("publish_at", flat=True).first()


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
        self.app.send_task(
            RECORD_TASK if firing.verdict else firing.task,
            task_id=str(firing.pk),
            queue=firing.queue,
            headers={"_schema_name": firing.tenant.schema_name},
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
