"""How long after a fault everything was on time again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from tests.chaos.checker import Account
from tests.chaos.records import Span

#: A slot that is not settled so long after its instant is overdue.
GRACE = timedelta(seconds=5)


def overdue_spans(accounts: Iterable[Account], until: datetime) -> list[Span]:
    """While which each late slot was overdue: one that was never settled, to the end."""
    spans = []
    for account in accounts:
        for slot in account.due:
            settled_at = account.settled_at(slot) or until
            if settled_at > slot + GRACE:
                spans.append(Span(slot + GRACE, settled_at))
    return spans


def recovery(strike: Span, strikes: Sequence[Span], overdue: Sequence[Span]) -> timedelta:
    """From the end of a fault to the first instant at which no slot is overdue.

    Where another fault struck before that, from the end of that one: what it delayed is not told
    apart from what the first did.
    """
    over_at = calm_at = strike.ends_at
    while True:
        if struck := [s.ends_at for s in strikes if s.begins_at <= calm_at < s.ends_at]:
            over_at = calm_at = max(struck)
        elif late := [s.ends_at for s in overdue if s.begins_at <= calm_at < s.ends_at]:
            calm_at = max(late)
        else:
            return calm_at - over_at
