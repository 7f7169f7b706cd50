"""Counting what would be closed, fast however many orders there are.

So many of them are looked at and no more: what is counted then is the least that there is. To look
at a million takes a second on a busy machine, and somebody is typing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db import connection

from orders.allowed import allowed_by, values_of
from orders.closing_rules import ClosingRules

#: Orders of a status that are looked at, the oldest; and of those that came of age on a day.
OLDEST_MAXIMUM, DAY_MAXIMUM = 20_000, 5_000


class Counted(NamedTuple):
    """Number and sum by currency; with `is_least` there may be more."""

    totals: dict[str, tuple[int, Decimal]]
    is_least: bool

    @property
    def number(self) -> int:
        return sum(number for number, _total in self.totals.values())


class CameOfAge(NamedTuple):
    number: int
    is_least: bool = False


def count_closable(
    rules: ClosingRules, limit: datetime, status: str, most: int = OLDEST_MAXIMUM
) -> Counted:
    """Count what the rules would close of the orders of a status placed before `limit`."""
    given = values_of(rules) | {"status": status, "limit": limit, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(CLOSABLE.format(allowed=allowed_by(rules)), given)
        rows = cursor.fetchall()
    totals = {currency: (number, total) for currency, number, total, _ in rows if number}
    return Counted(totals, sum(looked_at for *_, looked_at in rows) >= most)


def count_days(
    rules: ClosingRules,
    span: timedelta,
    bounds: Sequence[datetime],
    most: int = DAY_MAXIMUM,
) -> list[CameOfAge]:
    """Count the orders placed between each two of these instants that were there to be closed `span` later.

    Those that may be closed still, and those whose status changed only after that.
    """
    given = values_of(rules) | {"statuses": rules.statuses, "span": span, "most": most}
    given |= {"begins": list(bounds[:-1]), "ends": list(bounds[1:])}
    with connection.cursor() as cursor:
        cursor.execute(CAME_OF_AGE.format(allowed=allowed_by(rules)), given)
        return [CameOfAge(number, looked_at >= most) for number, looked_at in cursor.fetchall()]


CLOSABLE = """
SELECT currency, count(*) FILTER (WHERE is_allowed), sum(total) FILTER (WHERE is_allowed), count(*)
FROM (
    SELECT currency, total, {allowed} AS is_allowed FROM orders_order
    WHERE status = %(status)s AND NOT kept_open AND placed_at < %(limit)s
    ORDER BY placed_at, id LIMIT %(most)s
) AS looked_at
GROUP BY currency
"""
#: What a closed order was before is known; what became something else later is taken for open.
CAME_OF_AGE = """
SELECT count(*) FILTER (WHERE is_wanted), count(is_wanted)
FROM unnest(%(begins)s::timestamptz[], %(ends)s::timestamptz[])
    WITH ORDINALITY AS day (begins_at, ends_at, place)
LEFT JOIN LATERAL (
    SELECT {allowed} AND (
        status = ANY (%(statuses)s) AND NOT kept_open
        OR status_changed_at >= placed_at + %(span)s
            AND coalesce(closed_from, CASE WHEN kept_open THEN status ELSE 'open' END)
                = ANY (%(statuses)s)
    ) AS is_wanted
    FROM orders_order WHERE placed_at >= begins_at AND placed_at < ends_at
    LIMIT %(most)s
) AS looked_at ON true
GROUP BY place ORDER BY place
"""
