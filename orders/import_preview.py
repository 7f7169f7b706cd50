"""What an import would make and change, shown before it does: the first of each, field by field."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection
from django.utils.functional import Promise

from orders.importing import NEW_STATUS
from orders.models import Order

#: Orders of each kind that are shown; the counts are of all.
SHOWN = 20


class Cells(NamedTuple):
    customer: str
    placed_at: datetime
    total: Decimal
    currency: str
    status: str


class Made(NamedTuple):
    """An order that would be made."""

    line: int
    number: str
    cells: Cells


class Change(NamedTuple):
    """A column that would be changed."""

    name: str | Promise
    before: Any
    after: Any


class Changed(NamedTuple):
    """An order that would be changed, as it is and as it would be."""

    line: int
    key: int
    number: str
    before: Cells
    after: Cells

    @property
    def changes(self) -> list[Change]:
        pairs = zip(Cells._fields, self.before, self.after, strict=True)
        return [
            Change(label_of(name), before, after)
            for name, before, after in pairs
            if before != after
        ]


class ImportPreview(NamedTuple):
    made: list[Made]
    changed: list[Changed]
    #: Lines that are equal to their orders.
    unchanged: int


def label_of(name: str) -> Any:
    return Order._meta.get_field(name).verbose_name  # type: ignore[union-attr]


def preview_of(currency: str, shown: int = SHOWN) -> ImportPreview:
    """Return the first orders that the file which is staged would make and change.

    Inside `import_file` of a dry run, when it has taken back what it did.
    """
    with connection.cursor() as cursor:
        cursor.execute(MADE, {"currency": currency, "shown": shown})
        made = [
            Made(line, number, shown_cells(cells)) for line, number, *cells in cursor.fetchall()
        ]
        cursor.execute(CHANGED, {"shown": shown})
        changed = [changed_of(*row) for row in cursor.fetchall()]
        cursor.execute(UNCHANGED)
        (unchanged,) = cursor.fetchone()
    return ImportPreview(made, changed, unchanged)


def changed_of(line: int, key: int, number: str, *cells: Any) -> Changed:
    half = len(Cells._fields)
    return Changed(line, key, number, shown_cells(cells[:half]), shown_cells(cells[half:]))


def shown_cells(cells: Any) -> Cells:
    found = Cells._make(cells)
    return found._replace(status=str(Order.Status(found.status).label))


MADE = """
SELECT line, number, coalesce(customer, ''), placed_at, total, coalesce(currency, %(currency)s),
    coalesce(status, 'open')
FROM staged_order WHERE reason IS NULL
    AND NOT EXISTS (SELECT FROM orders_order WHERE orders_order.number = staged_order.number)
ORDER BY line LIMIT %(shown)s
"""
# S608: what is put in is fixed text.
PAIRS = f"""
SELECT line, stored.id, stored.number,
    stored.customer, stored.placed_at, stored.total, stored.currency, stored.status,
    coalesce(staged.customer, stored.customer) AS new_customer, staged.placed_at AS new_placed_at,
    staged.total AS new_total, coalesce(staged.currency, stored.currency) AS new_currency,
    {NEW_STATUS} AS new_status
FROM staged_order AS staged JOIN orders_order AS stored ON staged.number = stored.number
WHERE staged.reason IS NULL
"""  # noqa: S608
IS_CHANGED = """
(customer, placed_at, total, currency, status)
    <> (new_customer, new_placed_at, new_total, new_currency, new_status)
"""
CHANGED = f"SELECT * FROM ({PAIRS}) AS pair WHERE {IS_CHANGED} ORDER BY line LIMIT %(shown)s"  # noqa: S608
UNCHANGED = f"SELECT count(*) FROM ({PAIRS}) AS pair WHERE NOT ({IS_CHANGED})"  # noqa: S608
