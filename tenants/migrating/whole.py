"""Bringing the public schema and all tenants' up to date, and saying how that went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tqdm import tqdm

from tenants.migrating.aside import remember
from tenants.migrating.patience import LOCK_TIMEOUT_SECONDS, attempt
from tenants.migrating.standing import standings
from tenants.side_by_side import side_by_side, workers_at_most


@dataclass(frozen=True)
class Request:
    """What is asked for: `migrate`'s own arguments, and how it is done. Seconds for `lock_timeout`."""

    names: Sequence[str] = ()
    options: dict[str, Any] = field(default_factory=dict)
    workers: int | None = None
    lock_timeout: float = LOCK_TIMEOUT_SECONDS
    shows_progress: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether all that is missing is to be applied, so that who lacks nothing can be left out."""
        return not self.names and not any(self.options.values())

    def job(self) -> Callable[[str], str]:
        return partial(attempt, names=self.names, lock_timeout=self.lock_timeout, **self.options)


@dataclass
class Outcome:
    """Schemas by what became of them; `unknown` counts those that newer code migrated, by migration."""

    up_to_date: list[str] = field(default_factory=list)
    migrated: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    unknown: Counter[str] = field(default_factory=Counter)


def migrate_tenants(schema_names: Sequence[str], request: Request) -> Outcome:
    """Migrate the schemas that are behind; one that fails is set aside, and the others go on.

    Raises Unreachable when the database is gone: the next call goes on from there.
    """
    outcome = Outcome()
    behind = list(schema_names)
    if request.is_whole:
        found = standings(schema_names)
        behind = [name for name in schema_names if found[name].is_behind]
        outcome.up_to_date = [name for name in schema_names if not found[name].is_behind]
        outcome.unknown = Counter(one for each in found.values() for one in each.unknown)
    try:
        follow(
            side_by_side(behind, request.job(), workers_at_most(request.workers)),
            request,
            len(behind),
            outcome,
        )
    finally:
        remember(outcome.failed, [*outcome.up_to_date, *outcome.migrated])
    return outcome


def follow(
    ends: Iterable[tuple[str, str]], request: Request, number: int, outcome: Outcome
) -> None:
    """Note what becomes of each schema, and show how far it has come."""
    hidden = not (request.shows_progress and number)
    for schema_name, reason in tqdm(ends, total=number, unit="tenant", disable=hidden):
        if reason:
            outcome.failed[schema_name] = reason
        else:
            outcome.migrated.append(schema_name)
