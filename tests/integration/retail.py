"""The real orders, counted without the product: plain CSV and plain arithmetic."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True)
class RetailOrder:
    number: str
    placed_at: datetime
    total: Decimal
    cancelled: bool

    def is_old(self, limit: datetime) -> bool:
        return not self.cancelled and self.placed_at < limit


def understood(line: dict[str, str]) -> RetailOrder:
    placed_at = datetime.fromisoformat(line["placed_at"])
    if placed_at.tzinfo is None:
        placed_at = placed_at.replace(tzinfo=LONDON)
    return RetailOrder(
        line["number"], placed_at.astimezone(UTC), Decimal(line["total"]), line["cancelled"] == "1"
    )


def added(number: str, placed_at: datetime, like: dict[str, str]) -> dict[str, str]:
    """Return one more line, placed at an exact instant."""
    return like | {
        "number": number,
        "placed_at": placed_at.isoformat(),
        "cancelled": "0",
        "total": "9.99",
    }


def write(path: Path, lines: Sequence[dict[str, str]]) -> Path:
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)
    return path


def days_that_halve(orders: Iterable[RetailOrder], slot: datetime) -> int:
    """Return an age limit in days by which about half of the open orders are old at `slot`."""
    instants = sorted(order.placed_at for order in orders if not order.cancelled)
    median = instants[len(instants) // 2]
    return (slot - median) // timedelta(days=1)
