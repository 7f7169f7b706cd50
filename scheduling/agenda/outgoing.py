"""Planned firings whose messages may go out, as little of each as publishing asks for."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.db import connection

#: The task of messages whose firing has a verdict: no body runs, a worker writes it down.
RECORD_TASK = "scheduling.tasks.record_verdict"


class Outgoing(NamedTuple):
    """One firing that is to be published. Id and slot are texts: they go into messages and statements."""

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
    SELECT * FROM agenda_firing WHERE state = 'planned' AND publish_at <= %s
    ORDER BY publish_at, id LIMIT %s FOR UPDATE SKIP LOCKED
)
SELECT firing.id::text,
    to_char(slot_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    tenant_id, periodic_task_id, task, queue, verdict, waits, tenant.schema_name
FROM firing JOIN tenants_tenant AS tenant ON tenant.id = tenant_id
ORDER BY publish_at, firing.id
"""


def lock_outgoing(now: datetime, limit: int) -> list[Outgoing]:
    """Return up to `limit` of them, locked to the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [now, limit])
        return [Outgoing(*row) for row in cursor]
