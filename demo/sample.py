"""The shipped sample of real orders, as order files whose dates end yesterday."""

import csv
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

SAMPLE = Path(__file__).with_name("orders_sample.csv")
COLUMNS = ("number", "placed_at", "customer", "total", "cancelled")
Row = dict[str, str]


def write_order_file(path: Path, country: str, today: date) -> int:
    """Write one country's orders as a file for `import_orders`; return how many there are.

    All dates move by the same number of days, so that the sample's last day, whichever country it
    is of, is the day before `today`: some orders are old then and some are not. Times of day stay.
    """
    rows = list(_read())
    shift = _days_to_yesterday(rows, today)
    chosen = [_moved(row, shift) for row in rows if row["country"] == country]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(chosen)
    return len(chosen)


def _read() -> Iterator[Row]:
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _days_to_yesterday(rows: list[Row], today: date) -> timedelta:
    last = max(datetime.fromisoformat(row["placed_at"]).date() for row in rows)
    return today - timedelta(days=1) - last


def _moved(row: Row, shift: timedelta) -> Row:
    placed_at = datetime.fromisoformat(row["placed_at"]) + shift
    return {**row, "placed_at": placed_at.isoformat(sep=" ")}
