"""What the first page of a tenant's site says of its orders."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from orders.models import Order

#: So many open orders are counted, by an index, and no more: a page is waiting. The number is
#: remembered for a while, and says of when it is.
COUNTED_MAXIMUM = 50_000


class OpenOrders(NamedTuple):
    """How many orders are open; with `is_more` there are more than that."""

    number: int
    is_more: bool
    as_of: datetime
    template: str = "admin/orders/home.html"
    attention: tuple[()] = ()


def part(request: HttpRequest, now: datetime) -> OpenOrders | None:
    """Return how many orders are open, for who may see orders."""
    if not request.user.has_perm("orders.view_order"):
        return None
    found: OpenOrders | None = cache.get("home-open-orders")
    if found is None:
        number = Order.objects.count_open(COUNTED_MAXIMUM + 1)
        found = OpenOrders(min(number, COUNTED_MAXIMUM), number > COUNTED_MAXIMUM, now)
        cache.set("home-open-orders", found, settings.HOME_REMEMBERED_SECONDS)
    return found
