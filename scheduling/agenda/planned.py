"""Firings that planning writes, as little of each as there is to write: there are thousands at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from scheduling.agenda.firings import Firing

#: What is written of a new firing, the attributes of `Planned`, with Postgres' types.
WRITTEN = {
    "id": "uuid",
    "tenant_id": "bigint",
    "periodic_task_id": "bigint",
    "task": "text",
    "queue": "text",
    "slot_at": "timestamptz",
    "planned_at": "timestamptz",
    "publish_at": "timestamptz",
    "trigger": "text",
    "verdict": "text",
    "error": "text",
    "last_slot_at": "timestamptz",
    "slots": "bigint",
    "waits": "boolean",
    "state": "text",
    "settled_at": "timestamptz",
    "outcome": "text",
}


@dataclass(slots=True)
class Planned:
    """A row of the ledger that is to be written; see `Firing`, whose names these are."""

    id: str
    tenant_id: int
    periodic_task_id: int
    task: str
    queue: str
    slot_at: datetime
    planned_at: datetime
    publish_at: datetime
    trigger: str = "schedule"
    verdict: str = ""
    error: str = ""
    last_slot_at: datetime | None = None
    slots: int = 1
    waits: bool = False
    state: str = Firing.State.PLANNED.value
    settled_at: datetime | None = None
    outcome: str = ""
