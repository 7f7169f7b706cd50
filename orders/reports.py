"""The report of a tenant's day: made, and laid out as rows of a file."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Sum
from django.db.models.functions import Now

from orders.days import day_of
from orders.models import DailyReport, Order, OrderQuerySet
from orders.tenant import current_tenant, tenant_zone

FIGURES = ("placed", "placed_total", "closed", "closed_total")
#: The columns of a report as a file.
CSV_HEADER = ("day", "currency", *FIGURES)

Total = tuple[int, Decimal]
Totals = dict[str, Total]
NOTHING: Total = (0, Decimal("0.00"))


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
        "placed_total": placed.get(own, NOTHING)[1],
        "closed": sum(count for count, _ in closed.values()),
        "closed_total": closed.get(own, NOTHING)[1],
        "open": Order.objects.open_at(end).count(),
        "by_currency": {
            currency: line(placed.get(currency, NOTHING), closed.get(currency, NOTHING))
            for currency in {own, *placed, *closed}
        },
    }


def line(placed: Total, closed: Total) -> dict[str, int | str]:
    """Return one currency's share of a report, as JSON can hold it without loss."""
    values = (placed[0], str(placed[1]), closed[0], str(closed[1]))
    return dict(zip(FIGURES, values, strict=True))


def totals(orders: OrderQuerySet) -> Totals:
    """Return number and sum of these orders for each currency, credit notes deducted."""
    rows = orders.order_by("currency").values_list("currency").annotate(Count("pk"), Sum("total"))
    return {currency: (count, total) for currency, count, total in rows}


def csv_rows(report: DailyReport) -> Iterator[list[Any]]:
    """Yield a row for each currency, the tenant's own first."""
    own_first = sorted(
        report.by_currency, key=lambda currency: (currency != report.currency, currency)
    )
    for currency in own_first:
        line = report.by_currency[currency]
        yield [report.day, currency, *(Decimal(line[figure]) for figure in FIGURES)]
