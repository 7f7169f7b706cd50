"""Sending again what was lost on the way: by a broker that forgot it, or a worker that died.

A message that is merely late is not sent again: there has to be a proof that it is lost. A second
one would do no harm, for the id is the same and so is the run, but a queue of a hundred thousand
would grow by what it is slow at.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.db.models import Max

from scheduling.agenda.broker import Broker
from scheduling.agenda.models import Firing
from scheduling.catalogue import PLATFORM_QUEUE, TENANT_QUEUE
from wording.sentences import Sentence
from wording.sentences import noop as _

logger = structlog.get_logger(__name__)

#: Firings that one statement takes back, so that none is long.
BATCH = 1000
#: Messages published within so long of each other may have reached the broker in any order: a beat
#: marks what it published up to `dispatch.BUDGET_SECONDS` later, and others publish meanwhile.
ORDER_MARGIN = timedelta(seconds=15)
#: After so many messages that no worker began (its task is known to none, say) a firing is failed.
PUBLICATIONS_MAXIMUM = 12
UNWANTED = Sentence(_("No worker began it, though it was sent %(count)s times."))
UNWANTED_TEXT = UNWANTED(count=PUBLICATIONS_MAXIMUM)


def rescue(now: datetime, broker: Broker) -> int:
    """Have published again what is proven lost; return how many firings. Any beat may, at any time.

    A repeat finds nothing until what was rescued has had its time. Workers that died are found
    without the broker.
    """
    rescued = take_back_abandoned(now)
    if broker.is_new():
        rescued += take_back_forgotten(now)
        broker.remember()
    rescued += sum(take_back_lost(queue, now, broker) for queue in (TENANT_QUEUE, PLATFORM_QUEUE))
    if rescued:
        logger.warning("firings rescued", count=rescued)
    return rescued


def take_back_abandoned(now: datetime) -> int:
    """Take back what workers had begun that are dead: nobody renews its lease."""
    with transaction.atomic():
        abandoned = Firing.objects.abandoned(now).select_for_update(skip_locked=True)
        found = list(abandoned.values_list("pk", flat=True)[:BATCH])
        return Firing.objects.filter(pk__in=found).update(
            state=Firing.State.PLANNED, publish_at=now, leased_until=None
        )


def take_back_forgotten(now: datetime) -> int:
    """Take back all that no worker has begun, from a broker whose memory is new."""
    with transaction.atomic():
        unstarted = Firing.objects.unstarted().unlocked()
        return unstarted.update(state=Firing.State.PLANNED, publish_at=now)


def take_back_lost(queue: str, now: datetime, broker: Broker) -> int:
    """Take back what the queue's workers have passed over, or what is not in the queue any more.

    A queue is first in, first out: where a later message was begun, an earlier one is lost, or lies
    with a busy worker, from whom it is then taken. The longer it was sent in vain, the longer it is
    left alone.
    """
    if not Firing.objects.unstarted().filter(queue=queue).exists():
        return 0
    passed = now if broker.length(queue) == 0 else reached_by_workers(queue, now)
    with transaction.atomic():
        lost = take_back_published(queue, passed, now)
        fail_what_is_in_vain(lost)
    return len(lost)


def take_back_published(queue: str, before: datetime, now: datetime) -> list[UUID]:
    """Take back what was published before an instant and has had its time; return which."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE agenda_firing SET state = 'planned', publish_at = %(now)s
            WHERE id = ANY(ARRAY(
                SELECT id FROM agenda_firing
                WHERE state = 'published' AND queue = %(queue)s AND published_at < %(before)s
                    -- 20 seconds, so that work goes on within half a minute after an outage;
                    -- doubled with each publication, at most an hour
                    AND published_at < %(now)s
                        - interval '20 seconds' * least(2 ^ (least(publications, 12) - 1), 180)
                ORDER BY published_at LIMIT %(batch)s FOR UPDATE SKIP LOCKED
            )) RETURNING id
            """,
            {"now": now, "queue": queue, "before": before, "batch": BATCH},
        )
        return [firing_id for (firing_id,) in cursor.fetchall()]


def fail_what_is_in_vain(firing_ids: Iterable[UUID]) -> None:
    """Have those failed that no worker has ever touched; one that was put off has a reason."""
    untouched = Firing.objects.filter(pk__in=firing_ids, started_at=None, error="")
    untouched.filter(publications__gte=PUBLICATIONS_MAXIMUM).update(
        verdict=Firing.Verdict.FAILED, error=UNWANTED_TEXT
    )


def reached_by_workers(queue: str, now: datetime) -> datetime:
    """Return the instant whose messages workers have certainly passed.

    Of what was published once: what was sent again may have been begun by its first message. And
    not of what was published before the clock was set back: it seems to be later than all else.
    """
    begun = Firing.objects.begun().filter(queue=queue, publications=1, published_at__lte=now)
    latest: datetime | None = begun.aggregate(latest=Max("published_at"))["latest"]
    return (latest or now - timedelta(days=1)) - ORDER_MARGIN
