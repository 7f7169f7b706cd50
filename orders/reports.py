"""The report of a tenant's day: made, and written as CSV."""

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

from django.db.models import Count, Sum
from django.db.models.functions import Now

from orders.days import day_of
from orders.models import DailyReport, Order, OrderQuerySet
from orders.tenant import current_tenant, tenant_zone

CSV_COLUMNS = ("day", "currency", "placed", "placed_total", "closed", "closed_total")
#: What a spreadsheet takes for the beginning of a formula.
FORMULA_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r")

Totals = dict[str, tuple[int, Decimal]]


def make_report(slot: datetime) -> DailyReport:
    """Store the report of the day before `slot`, on the tenant's calendar.

    A repeat writes the same row again, with the figures as they are then.
    """
    zone = tenant_zone()
    day = slot.astimezone(zone).date() - timedelta(days=1)
    report = DailyReport(day=day, made_at=Now(), **figures(*day_of(day, zone)))
    changing = [field.name for field in DailyReport._meta.fields if field.name not in ("id", "day")]
    DailyReport.objects.bulk_create(
        [report], update_conflicts=True, unique_fields=["day"], update_fields=changing
    )
    return DailyReport.objects.get(day=day)


def figures(begin: datetime, end: datetime) -> dict[str, Any]:
    placed = totals(Order.objects.placed_within(begin, end))
    closed = totals(Order.objects.closed_within(begin, end))
    own = current_tenant().currency
    return {
        "currency": own,
        "placed": sum(count for count, _ in placed.values()),
        "placed_total": amount(placed, own),
        "closed": sum(count for count, _ in closed.values()),
        "closed_total": amount(closed, own),
        "open": Order.objects.open_at(end).count(),
        "by_currency": {
            currency: {
                "placed": placed.get(currency, (0,))[0],
                "placed_total": str(amount(placed, currency)),
                "closed": closed.get(currency, (0,))[0],
                "closed_total": str(amount(closed, currency)),
            }
            for currency in sorted(placed.keys() | closed.keys())
        },
    }


def totals(orders: OrderQuerySet) -> Totals:
    """Return number and sum of these orders for each currency, credit notes deducted."""
    rows = orders.order_by("currency").values_list("currency").annotate(Count("pk"), Sum("total"))
    return {currency: (count, total) for currency, count, total in rows}


def amount(totals: Totals, currency: str) -> Decimal:
    return totals.get(currency, (0, Decimal("0.00")))[1]


def report_csv(report: DailyReport) -> str:
    """Return a report as CSV: a line for each currency, the tenant's own first."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(CSV_COLUMNS)
    writer.writerows(harmless(row) for row in csv_rows(report))
    return text.getvalue()


def csv_rows(report: DailyReport) -> Iterator[list[Any]]:
    own = {column: getattr(report, column) for column in CSV_COLUMNS[2:]}
    own |= report.by_currency.get(report.currency, {"placed": 0, "closed": 0})
    lines = {report.currency: own, **report.by_currency}
    for currency, line in lines.items():
        numbers = [int(line["placed"]), Decimal(line["placed_total"])]
        numbers += [int(line["closed"]), Decimal(line["closed_total"])]
        yield [report.day, currency, *numbers]


def harmless(row: Iterable[Any]) -> list[Any]:
    """Return a row in which no text begins a formula in a spreadsheet; numbers stay numbers."""
    return [
        f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_BEGINNINGS) else cell
        for cell in row
    ]
