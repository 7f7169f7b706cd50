"""Due slots that were claimed, as little of each as taking asks for: there are thousands at a time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import TextField
from django.db.models.functions import Cast

from scheduling.agenda.due_slots import DueSlotQuerySet, spread_minutes_of
from scheduling.agenda.moving import Moving

#: The attributes of `Claimed`; from what was chosen its `choice` is made.
COLUMNS = (
    "chosen_text",
    "id",
    "tenant_id",
    "periodic_task_id",
    "task",
    "queue",
    "cadence_text",
    "one_off",
    "due_at",
    "spread_seconds",
    "held_until",
    "problem",
)
#: Kept as JSON, and read as its text: of many slots with the same, one is parsed.
TEXTS = {f"{name}_text": Cast(name, TextField()) for name in ("cadence", "chosen")}


@dataclass
class Claimed(Moving):
    """A slot that is due and locked. Taking moves it on; `planning.store` writes that back."""

    choice: Choice
    id: int
    tenant_id: int
    periodic_task_id: int
    task: str
    queue: str
    cadence_text: str
    one_off: bool
    due_at: datetime | None
    spread_seconds: int
    held_until: datetime | None
    problem: str

    @property
    def pk(self) -> int:
        return self.id

    @property
    def chosen(self) -> dict[str, Any]:
        return self.choice.chosen

    @property
    def spread_minutes(self) -> int:
        return self.choice.spread_minutes


@dataclass
class Choice:
    """What a tenant chose of a schedule's policies, one object for all who chose the same."""

    text: str

    @cached_property
    def chosen(self) -> dict[str, Any]:
        return dict(json.loads(self.text))

    @cached_property
    def spread_minutes(self) -> int:
        return spread_minutes_of(self.chosen)


def claimed(slots: DueSlotQuerySet) -> list[Claimed]:
    """Run a query that claims slots, and return them."""
    rows: list[Any] = list(slots.annotate(**TEXTS).values_list(*COLUMNS))
    choices = {text: Choice(text) for text in {row[0] for row in rows}}
    return [Claimed(choices[text], *columns) for text, *columns in rows]
