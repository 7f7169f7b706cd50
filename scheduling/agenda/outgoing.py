"""Planned firings whose messages may go out, as little of each as publishing asks for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from scheduling.agenda.columns import array

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
    schema_name: str

    @property
    def message_task(self) -> str:
        return RECORD_TASK if self.verdict else self.task


#: Those that no other beat is publishing, oldest first. `firing_to_publish` serves it: a handful of
#: rows however long the ledger is, and materialized, so that no join has another idea.
LOCK = """
WITH firing AS MATERIALIZED (
    SELECT tableoid, ctid AS place, * FROM agenda_firing
    WHERE state = 'planned' AND publish_at <= %s
    ORDER BY publish_at, id LIMIT %s FOR UPDATE SKIP LOCKED
)
SELECT firing.tableoid, place::text, firing.id::text,
    to_char(slot_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    tenant_id, periodic_task_id, task, queue, verdict, waits, tenant.schema_name
FROM firing JOIN tenants_tenant AS tenant ON tenant.id = tenant_id
ORDER BY publish_at, firing.id
"""


#: By where they lie, for by id Postgres would read all that are due at the same instant; so would
#: any index. It is the last that its transaction does.
MARK = """
SET LOCAL enable_indexscan = off;
UPDATE agenda_firing SET state = 'published', waits = false,
    published_at = clock_timestamp(), publications = publications + 1
WHERE tableoid = %s AND ctid = ANY(%s::tid[]) AND slot_at BETWEEN %s AND %s
"""


def lock_outgoing(now: datetime, limit: int) -> list[Outgoing]:
    """Return up to `limit` of them, locked to the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [now, limit])
        return [Outgoing(*row) for row in cursor]


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
