"""The pages of a tenant's admin that are measured: each asked for again and again, for other rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django.core.cache import cache

from bench.page_rows import CLOSING, FAILED_EVERY, ORDERS_PER_RUN, Rows

#: The address of the n-th request, and what is sent with it; a GET if that is nothing.
Asking = Callable[[int], str]


class Page(NamedTuple):
    name: str
    address: Asking
    sent: dict[str, Any] | None = None
    #: What is done before each request.
    before: Callable[[], None] | None = None


def always(address: str) -> Asking:
    return lambda n: address


def pages(rows: Rows) -> list[Page]:
    """Return every page, its address without `/admin/`."""
    return [*home(), *schedules(rows), *runs(rows), *orders(rows), *others()]


def home() -> list[Page]:
    return [
        Page("home", always("")),
        Page("home, all counted anew", always(""), before=cache.clear),
    ]


def schedules(rows: Rows) -> list[Page]:
    fields = {"task": CLOSING, "days": "45", "crontab": "30 18 * * 1-5"}
    fields |= {"timezone": "Europe/Berlin", "name": "another"}
    return [
        Page("schedules", always("scheduling/schedule/")),
        Page("a schedule", always(f"scheduling/schedule/{rows.schedule}/change/")),
        Page("a new schedule", always("scheduling/schedule/add/")),
        Page("preview of a schedule", always("scheduling/schedule/preview/"), fields),
        Page("deleted schedules", always("scheduling/schedule/deleted/")),
        Page("history of a schedule", always(f"scheduling/schedule/{rows.schedule}/history/")),
    ]


def runs(rows: Rows) -> list[Page]:
    def failed(n: int) -> int:
        return FAILED_EVERY * (n + 1)

    return [
        Page("runs", always("scheduling/run/")),
        Page("runs, page 50", always("scheduling/run/?p=50")),
        Page("runs that failed", always("scheduling/run/?state__exact=failed")),
        Page("runs by hand (none)", always("scheduling/run/?trigger__exact=manual")),
        Page("runs of a schedule", always(f"scheduling/run/?periodic_task_id={rows.schedule}&p=3")),
        Page("runs of a day", always("scheduling/run/?slot_at__gte=2026-11-20T00:00:00%2B00:00")),
        Page("runs by name", always("scheduling/run/?q=close")),
        Page("a run", lambda n: f"scheduling/run/{rows.runs - n * 17}/change/"),
        Page("a run that failed", lambda n: f"scheduling/run/{failed(n)}/change/"),
        Page("trying a run again", lambda n: f"scheduling/run/{failed(n)}/retry/"),
        Page("undoing a run", lambda n: f"scheduling/run/{rows.runs - n * 17}/undo/"),
        Page("progress of a run", always(f"scheduling/run/{rows.running}/progress/")),
    ]


def orders(rows: Rows) -> list[Page]:
    def some(n: int) -> int:
        return 1 + n * ORDERS_PER_RUN * 1001 % rows.orders

    return [
        Page("orders", always("orders/order/")),
        Page("orders, page 100", always("orders/order/?p=100")),
        Page("open orders", always("orders/order/?status__exact=open")),
        Page("orders kept open (none)", always("orders/order/?kept_open__exact=1")),
        Page("cancelled orders", always("orders/order/?status__exact=cancelled")),
        Page("orders a run would close", always("orders/order/?closable=yes")),
        Page("orders of a run", lambda n: f"orders/order/?closed_by_run__exact={n + 1}"),
        Page("orders of totals", always("orders/order/?total_from=100&total_to=200")),
        Page("orders of totals (none)", always("orders/order/?total_from=100000000")),
        Page("an order by number", lambda n: f"orders/order/?q=B{some(n)}"),
        Page("orders by customer", lambda n: f"orders/order/?q=Customer+{n}"),
        Page("orders by nothing there is", lambda n: f"orders/order/?q=nobody+{n}"),
        Page("orders of a year", always("orders/order/?placed_at__year=2025")),
        Page(
            "orders of a month",
            lambda n: f"orders/order/?placed_at__year=2025&placed_at__month={n % 12 + 1}",
        ),
        Page("an order", lambda n: f"orders/order/{some(n)}/change/"),
        Page("a new order", always("orders/order/add/")),
        Page("closing rules", always("orders/closingrules/1/change/")),
        Page("order files", always("orders/orderfile/")),
        Page("sending an order file", always("orders/orderfile/add/")),
        Page("daily reports", always("orders/dailyreport/")),
    ]


def others() -> list[Page]:
    return [
        Page("users", always("accounts/user/")),
        Page("a new user", always("accounts/user/add/")),
        Page("log-ins", always("accounts/loginevent/")),
        Page("audit log", always("audit/entry/")),
        Page("audit log, searched", always("audit/entry/?q=B77")),
        Page("security", always("security/")),
        Page("own profile", always("profile/")),
    ]
