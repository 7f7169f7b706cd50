"""Planned firings whose messages may go out, as little of each as publishing asks for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import itemgetter
from typing import NamedTuple

import structlog
from django.db import connection

from scheduling.agenda.columns import array
from tenants.schema import execute_prepared

logger = structlog.get_logger(__name__)

#: The task of messages whose firing has a verdict: no body runs, a worker writes it down.
RECORD_TASK = "scheduling.tasks.record_verdict"


class Outgoing(NamedTuple):
    """One firing that is to be published. Id and slot are texts: they go into messages and statements."""

    #: Where its row lies, in the words of Postgres: it is locked, so it stays there.
    partition: int
    place: str
    id: str
    #: In UTC, all of one length, so that the earliest is the first in the order of texts too.
    slot_at: str
    tenant_id: int
    periodic_task_id: int
    task: str
    queue: str
    verdict: str
    waits: bool
    #: Empty when there is no such tenant, as after half a restore.
    schema_name: str

    @property
    def message_task(self) -> str:
        return RECORD_TASK if self.verdict else self.task


#: Those that no other beat is publishing, the oldest of them. `firing_to_publish` serves it: a handful
#: of rows however long the ledger is, and materialized, so that no join has another idea. To sort
#: what was joined is left to Python: Postgres would think that dear where it is told not to sort.
LOCK = """
WITH firing AS MATERIALIZED (
    SELECT tableoid, ctid AS place, * FROM agenda_firing
    WHERE state = 'planned' AND publish_at <= $1::timestamptz
    ORDER BY publish_at, id LIMIT $2::bigint FOR UPDATE SKIP LOCKED
)
SELECT publish_at, firing.tableoid, place::text, firing.id::text,
    to_char(slot_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    tenant_id, periodic_task_id, task, queue, verdict, waits, coalesce(tenant.schema_name, '')
FROM firing LEFT JOIN tenants_tenant AS tenant ON tenant.id = tenant_id
"""


#: By where they lie, for by id Postgres would read all that are due at the same instant; so would
#: any index. It is the last that its transaction does.
MARK = """
SET LOCAL enable_indexscan = off;
UPDATE agenda_firing SET state = 'published', waits = false,
    published_at = clock_timestamp(), publications = publications + 1
WHERE tableoid = %s AND ctid = ANY(%s::tid[]) AND slot_at BETWEEN %s AND %s
"""


#: What nobody can run must not stand before the others.
PUT_OFF = """
UPDATE agenda_firing SET publish_at = publish_at + interval '1 day', error = 'There is no such tenant.'
WHERE id = ANY(%s::uuid[]) AND slot_at BETWEEN %s AND %s
"""


def lock_outgoing(now: datetime, limit: int) -> list[Outgoing]:
    """Return up to `limit` of them, oldest first, locked to the end of the transaction."""
    with connection.cursor() as cursor:
        execute_prepared(cursor, "lock_outgoing", LOCK, now, limit)
        rows = sorted(cursor, key=itemgetter(0, 3))
    return [Outgoing(*row) for _, *row in rows]


def mark_published(firings: Iterable[Outgoing]) -> None:
    """Write down that their messages are out, in the transaction in which they were locked."""
    partitions: dict[int, list[Outgoing]] = defaultdict(list)
    for firing in firings:
        partitions[firing.partition].append(firing)
    with connection.cursor() as cursor:
        for partition, some in partitions.items():
            slots = [firing.slot_at for firing in some]
            places = array([firing.place for firing in some], "tid")
            # From the first slot to the last, so that Postgres plans for one partition.
            cursor.execute(MARK, [partition, places, min(slots), max(slots)])


def put_off(firings: Sequence[Outgoing]) -> None:
    """Have firings without a tenant wait for a day, in case it is still being restored."""
    if not firings:
        return
    logger.error("firings have no tenant", firings=len(firings), first=firings[0].id)
    slots = [firing.slot_at for firing in firings]
    ids = array([firing.id for firing in firings], "uuid")
    with connection.cursor() as cursor:
        cursor.execute(PUT_OFF, [ids, min(slots), max(slots)])
