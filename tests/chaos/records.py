"""Plain records of what should have happened and what did; the checker knows nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple


class Span(NamedTuple):
    """From one instant to another, both included."""

    begins_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Schedule:
    """One periodic task of one tenant: a crontab in a zone, or every so many seconds."""

    schema: str
    periodic_task_id: int
    starts_at: datetime
    crontab: str = ""
    zone: str = "UTC"
    every_seconds: int = 0
    catch_up: str = "once"
    overlap: str = "skip"

    def __str__(self) -> str:
        return f"{self.schema}/{self.periodic_task_id}"


@dataclass(frozen=True)
class Run:
    """A row of a tenant's `scheduling_run`: one slot, or a stretch of them that got no body."""

    schema: str
    id: int
    periodic_task_id: int
    slot_at: datetime
    state: str
    trigger: str = "schedule"
    closed: int = 0
    finished_at: datetime | None = None
    last_slot_at: datetime | None = None
    slots: int = 1
    error: str = ""

    def __str__(self) -> str:
        return f"run {self.id} of {self.schema}/{self.periodic_task_id} at {self.slot_at}"


@dataclass(frozen=True)
class Effect:
    """A change that the superuser's triggers saw: of an order's row, or of a run's state."""

    schema: str
    kind: str
    subject: str
    before: str
    after: str
    run_id: int | None
    role: str
    transaction: int
    at: datetime


@dataclass(frozen=True)
class Books:
    """All that is looked at when an experiment is over."""

    schedules: list[Schedule]
    #: By schema, the moment in which its schedules were disabled. No slot is due afterwards.
    closings: dict[str, Span]
    #: By schema, the only role that may have an effect there.
    roles: dict[str, str]
    runs: list[Run]
    effects: list[Effect]
    read_at: datetime
    #: By schema, orders old enough that no run closed.
    left_open: dict[str, list[str]] = field(default_factory=dict)
    #: Whether the product lets a schedule choose its policies.
    has_policies: bool = False
