"""Understanding one line of an order file: its cells as values, or what is wrong with them."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from orders.models import Order
from orders.order_file import OPTIONAL, REQUIRED, Record

NUMBER_MAXIMUM, CUSTOMER_MAXIMUM = 64, 200  # characters
WHOLE_DIGITS, DECIMALS = 12, 2  # what the column holds
YEARS = range(1900, 2101)
SHOWN_MAXIMUM = 40  # characters of a cell in a message

INSTANT = re.compile(
    r"(?P<year>\d{4})-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)? ?(Z|[+-]\d\d(:?\d\d)?)?", re.ASCII
)
AMOUNT = re.compile(r"-?(?P<whole>\d+)(\.(?P<decimals>\d+))?", re.ASCII)
CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class LineError(ValueError):
    """A cell that cannot be; the message says what would be right."""


class Line(NamedTuple):
    """One line, ready to be stored, or with the reason why it is not.

    None is what the file does not say: for a new order the default, for a stored one what it has.
    """

    line: int
    number: str | None = None
    customer: str | None = None
    placed_at: datetime | None = None
    total: Decimal | None = None
    currency: str | None = None
    status: str | None = None
    reason: str | None = None


class LineReader:
    """Reads the lines of one file, whose columns and time zone it knows."""

    def __init__(self, names: Sequence[str], zone: ZoneInfo) -> None:
        known = REQUIRED + OPTIONAL
        self.ignored = [name for name in names if name not in known]
        self._width = len(names)
        readers: dict[str, Callable[[str], Any]] = {
            "number": number,
            "placed_at": partial(instant, zone=zone),
            "total": amount,
            "customer": customer,
            "currency": currency,
            "status": status,
            "cancelled": cancelled,
        }
        self._cells = [(name, names.index(name), readers[name]) for name in known if name in names]

    def read(self, record: Record) -> Line:
        """Return what a record says, or all that is wrong with it."""
        if record.cells is None:
            return Line(record.line, reason="a quote inside a quoted cell; write it twice")
        if len(record.cells) != self._width:
            reason = f"{len(record.cells)} columns where the header has {self._width}"
            return Line(record.line, reason=reason)
        values, wrong = self._values(record.cells)
        if values.pop("cancelled", False):
            values["status"] = Order.Status.CANCELLED.value
        if values.get("total", 0) < 0 and values.get("status") != Order.Status.CANCELLED:
            wrong.append(f"total: {values['total']} is negative; only a cancelled order's may be")
        if wrong:
            return Line(record.line, values.get("number"), reason="; ".join(wrong))
        return Line(record.line, **values)

    def _values(self, cells: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
        values: dict[str, Any] = {}
        wrong: list[str] = []
        for name, place, read in self._cells:
            try:
                values[name] = read(cells[place].strip())
            except LineError as error:
                wrong.append(f"{name}: {error}")
        return values, wrong


def number(cell: str) -> str:
    if not cell:
        raise LineError("empty; every order has a number")
    return text(cell, NUMBER_MAXIMUM)


def customer(cell: str) -> str:
    return text(cell, CUSTOMER_MAXIMUM)


def text(cell: str, maximum: int) -> str:
    if len(cell) > maximum:
        raise LineError(f"{shown(cell)} is longer than {maximum} characters")
    if CONTROL.search(cell):
        raise LineError(f"{shown(cell)} holds a control character; use printable text on one line")
    return cell


def instant(cell: str, zone: ZoneInfo) -> datetime:
    """Return an instant in UTC. A time without offset is in `zone`; where it comes twice, the first."""
    match = INSTANT.fullmatch(cell)
    if match is None:
        raise LineError(f"{shown(cell)} is not a time; write one such as 2010-12-01 08:34:00")
    if int(match["year"]) not in YEARS:
        raise LineError(f"{shown(cell)} is not between the years {YEARS[0]} and {YEARS[-1]}")
    try:
        moment = datetime.fromisoformat(cell.replace(" ", "T", 1).replace(" ", ""))
    except ValueError as error:
        raise LineError(f"{shown(cell)} cannot be: {error}") from None
    return moment.astimezone(UTC) if moment.tzinfo else in_zone(moment, zone)


def in_zone(wall: datetime, zone: ZoneInfo) -> datetime:
    moment = wall.replace(tzinfo=zone).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != wall:
        raise LineError(f"{wall} does not exist in {zone}, where clocks went forward over it")
    return moment


def amount(cell: str) -> Decimal:
    match = AMOUNT.fullmatch(cell)
    if match is None:
        raise LineError(f"{shown(cell)} is not an amount; write one such as 12.50")
    if len(match["whole"].lstrip("0")) > WHOLE_DIGITS:
        raise LineError(f"{shown(cell)} is too large; {WHOLE_DIGITS} digits before the point fit")
    if len((match["decimals"] or "").rstrip("0")) > DECIMALS:
        raise LineError(f"{shown(cell)} has more than {DECIMALS} decimals; round it")
    return Decimal(cell)


def currency(cell: str) -> str | None:
    if cell and not CURRENCY.fullmatch(cell):
        raise LineError(f"{shown(cell)} is not a currency; write three capitals such as EUR")
    return cell or None


def status(cell: str) -> str | None:
    if cell and cell not in Order.Status.values:
        raise LineError(f"{shown(cell)} is not a status; use {', '.join(Order.Status.values)}")
    return cell or None


def cancelled(cell: str) -> bool:
    if cell not in ("", "0", "1"):
        raise LineError(f"{shown(cell)} is neither 1, for cancelled, nor 0")
    return cell == "1"


def shown(cell: str) -> str:
    """Return a cell as a message quotes it: shortened, and with nothing a terminal would obey."""
    return repr(cell if len(cell) <= SHOWN_MAXIMUM else f"{cell[:SHOWN_MAXIMUM]}…")
