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
from wording.sentences import Sentence, fixed
from wording.sentences import noop as _

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


OPEN_QUOTE = fixed(_("a quote inside a quoted cell; write it twice"))
TOO_WIDE = Sentence(_("%(count)s columns where the header has %(width)s"))
NEGATIVE = Sentence(_("%(total)s is negative; only a cancelled order's may be"))
NO_NUMBER = fixed(_("empty; every order has a number"))
TOO_LONG = Sentence(_("%(cell)s is longer than %(most)s characters"))
CONTROLLING = Sentence(_("%(cell)s holds a control character; use printable text on one line"))
NO_TIME = Sentence(_("%(cell)s is not a time; write one such as 2010-12-01 08:34:00"))
OUT_OF_YEARS = Sentence(_("%(cell)s is not between the years %(first)s and %(last)s"))
NO_DATE = Sentence(_("%(cell)s cannot be: %(reason)s"))
#: What Python gives for a reason.
NO_DAY = fixed(_("day is out of range for month"))
OUT_OF_RANGE = Sentence(_("%(unit)s must be in %(range)s"), terms=["unit"])
UNITS = (_("month"), _("hour"), _("minute"), _("second"))
IN_NO_ZONE = Sentence(_("%(wall)s does not exist in %(zone)s, where clocks went forward over it"))
NO_AMOUNT = Sentence(_("%(cell)s is not an amount; write one such as 12.50"))
TOO_LARGE = Sentence(_("%(cell)s is too large; %(digits)s digits before the point fit"))
TOO_FINE = Sentence(_("%(cell)s has more than %(decimals)s decimals; round it"))
NO_CURRENCY = Sentence(_("%(cell)s is not a currency; write three capitals such as EUR"))
NO_STATUS = Sentence(_("%(cell)s is not a status; use %(statuses)s"))
NO_FLAG = Sentence(_("%(cell)s is neither 1, for cancelled, nor 0"))


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
            return Line(record.line, reason=OPEN_QUOTE)
        if len(record.cells) != self._width:
            reason = TOO_WIDE(count=len(record.cells), width=self._width)
            return Line(record.line, reason=reason)
        values, wrong = self._values(record.cells)
        if values.pop("cancelled", False):
            values["status"] = Order.Status.CANCELLED.value
        if values.get("total", 0) < 0 and values.get("status") != Order.Status.CANCELLED:
            wrong.append(f"total: {NEGATIVE(total=values['total'])}")
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
        raise LineError(NO_NUMBER)
    return text(cell, NUMBER_MAXIMUM)


def customer(cell: str) -> str:
    return text(cell, CUSTOMER_MAXIMUM)


def text(cell: str, maximum: int) -> str:
    if len(cell) > maximum:
        raise LineError(TOO_LONG(cell=quoted(cell), most=maximum))
    if CONTROL.search(cell):
        raise LineError(CONTROLLING(cell=quoted(cell)))
    return cell


def instant(cell: str, zone: ZoneInfo) -> datetime:
    """Return an instant in UTC. A time without offset is in `zone`; where it comes twice, the first."""
    match = INSTANT.fullmatch(cell)
    if match is None:
        raise LineError(NO_TIME(cell=quoted(cell)))
    if int(match["year"]) not in YEARS:
        raise LineError(OUT_OF_YEARS(cell=quoted(cell), first=YEARS[0], last=YEARS[-1]))
    try:
        moment = datetime.fromisoformat(cell.replace(" ", "T", 1).replace(" ", ""))
    except ValueError as error:
        raise LineError(NO_DATE(cell=quoted(cell), reason=error)) from None
    return moment.astimezone(UTC) if moment.tzinfo else in_zone(moment, zone)


def in_zone(wall: datetime, zone: ZoneInfo) -> datetime:
    moment = wall.replace(tzinfo=zone).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != wall:
        raise LineError(IN_NO_ZONE(wall=wall, zone=zone))
    return moment


def amount(cell: str) -> Decimal:
    match = AMOUNT.fullmatch(cell)
    if match is None:
        raise LineError(NO_AMOUNT(cell=quoted(cell)))
    if len(match["whole"].lstrip("0")) > WHOLE_DIGITS:
        raise LineError(TOO_LARGE(cell=quoted(cell), digits=WHOLE_DIGITS))
    if len((match["decimals"] or "").rstrip("0")) > DECIMALS:
        raise LineError(TOO_FINE(cell=quoted(cell), decimals=DECIMALS))
    return Decimal(cell)


def currency(cell: str) -> str | None:
    if cell and not CURRENCY.fullmatch(cell):
        raise LineError(NO_CURRENCY(cell=quoted(cell)))
    return cell or None


def status(cell: str) -> str | None:
    if cell and cell not in Order.Status.values:
        raise LineError(NO_STATUS(cell=quoted(cell), statuses=", ".join(Order.Status.values)))
    return cell or None


def cancelled(cell: str) -> bool:
    if cell not in ("", "0", "1"):
        raise LineError(NO_FLAG(cell=quoted(cell)))
    return cell == "1"


def quoted(cell: str) -> str:
    """Return a cell as a message quotes it: shortened, and with nothing a terminal would obey."""
    return repr(cell if len(cell) <= SHOWN_MAXIMUM else f"{cell[:SHOWN_MAXIMUM]}…")
