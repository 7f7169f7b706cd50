"""What `ClosingRules.allowing` says, for statements that the ORM cannot say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orders.closing_rules import ClosingRules

#: Both sides are folded by Postgres, and the names are hashed once.
NOT_NAMED = """
    lower(btrim(customer)) NOT IN (SELECT lower(btrim(name)) FROM unnest(%(names)s::text[]) AS name)
"""


def allowed_by(rules: ClosingRules) -> str:
    """Return a condition on orders, fixed text whose values `values_of` gives."""
    return " AND ".join(conditions(rules)) or "TRUE"


def conditions(rules: ClosingRules) -> Iterator[str]:
    if rules.has_totals:
        yield "currency = %(currency)s"
    if rules.least_total is not None:
        yield "total >= %(least)s"
    if rules.greatest_total is not None:
        yield "total <= %(greatest)s"
    if rules.names:
        yield NOT_NAMED


def values_of(rules: ClosingRules) -> dict[str, Any]:
    return {
        "least": rules.least_total,
        "greatest": rules.greatest_total,
        "currency": rules.currency,
        "names": rules.names,
    }
