"""How many orders a run would close, for whoever holds those that would close unusually many."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from orders.closing_rules import ClosingRules
from orders.effect import age
from orders.models import Order, OrderQuerySet
from orders.tenant import tenant_zone


class ClosingBrake:
    """Counts what closing orders of an age would close, as far as it is asked for."""

    def exceeds(self, parameters: Mapping[str, Any], at: datetime, limit: int) -> bool:
        """Whether a run of the slot `at` would close more than `limit`; looks at no more than that."""
        return self.count(parameters, at, limit + 1) > limit

    def count(self, parameters: Mapping[str, Any], at: datetime, most: int) -> int:
        """Return how many orders a run of the slot `at` would close; looks no further than `most`."""
        left = most
        for orders in closable(parameters, at):
            left -= orders[:left].count() if left else 0
        return most - left


def closable(parameters: Mapping[str, Any], at: datetime) -> list[OrderQuerySet]:
    """Return the orders that a run would close by the tenant's rules, status by status."""
    rules = ClosingRules.stored(at.astimezone(tenant_zone()).date()) or ClosingRules()
    if rules.holiday is not None:
        return []
    limit = at - age(parameters)
    return [Order.objects.closable(limit, rules, status) for status in rules.statuses]
