"""How long after a fault everything was on time again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from tests.chaos.checker import Account
from tests.chaos.records import Span

#: A slot that takes longer to be settled was held up by something.
GRACE = timedelta(seconds=5)


def held_up(accounts: Iterable[Account], until: datetime) -> list[Span]:
    """From each slot that was held up to its settling: one that was never settled, to the end."""
    spans = []
    for account in accounts:
        for slot in account.due:
            settled_at = account.settled_at(slot) or until
            if settled_at > slot + GRACE:
                spans.append(Span(slot, settled_at))
    return spans


def recovery(strike: Span, strikes: Sequence[Span], slots: Sequence[Span]) -> timedelta:
    """From the end of a fault to the first instant at which no slot is under way that is held up.

    Where another fault struck before that, from the end of that one: what it delayed is not told
    apart from what the first did.
    """
    over_at = calm_at = strike.ends_at
    while True:
        if struck := [s.ends_at for s in strikes if s.begins_at <= calm_at < s.ends_at]:
            over_at = calm_at = max(struck)
        elif waiting := [s.ends_at for s in slots if s.begins_at <= calm_at < s.ends_at]:
            calm_at = max(waiting)
        else:
            return calm_at - over_at
