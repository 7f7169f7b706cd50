"""How a row was at each entry of its log, read backwards from how it is now."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from tenants.audit.models import Changes, Entry

#: What is told of a row, by the names that its entries use; what is empty is left out.
State = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """One change, and how the row was after it.

    Without an entry it is what somebody changed past the log, by SQL, at some time before the next
    step, which found the row like that.
    """

    entry: Entry | None
    changes: Changes
    state: State


def steps_of(now: Mapping[str, Any], entries: Iterable[Entry]) -> list[Step]:
    """Return the steps that led to `now`, the newest first, as `entries` are sorted.

    What no entry knows is taken to have been as it is now. A change past the log is placed as late
    as can be, for a state that was seen and changed on our pages was as the log says.
    """
    oldest_first = list(entries)[::-1]
    state, end = as_logged(now), as_logged(now)
    for entry in oldest_first[::-1]:
        state = put_on(state, values(entry, 0))
    steps = []
    for entry in oldest_first:
        before = put_on(state, values(entry, 0))
        if unlogged := differences(state, before):
            steps.append(Step(None, unlogged, before))
        state = put_on(before, values(entry, 1))
        steps.append(Step(entry, entry.changes, state))
    if unlogged := differences(state, end):
        steps.append(Step(None, unlogged, end))
    return steps[::-1]


def values(entry: Entry, which: int) -> State:
    """Return what an entry says of before (0) or after (1)."""
    return {name: pair[which] for name, pair in entry.changes.items()}


def put_on(state: State, changed: Mapping[str, Any]) -> State:
    return {name: value for name, value in ({**state, **changed}).items() if value is not None}


def as_logged(row: Mapping[str, Any]) -> State:
    """Return values as they come back from the log's JSON, so that they can be compared."""
    plain: State = json.loads(json.dumps(row, cls=DjangoJSONEncoder))
    return put_on(plain, {})


def differences(one: State, other: State) -> dict[str, tuple[Any, Any]]:
    """Return what differs between two states, name by name."""
    names = [*one, *(name for name in other if name not in one)]
    return {
        name: (one.get(name), other.get(name)) for name in names if one.get(name) != other.get(name)
    }
