"""The real orders of tests/data, as the lines of their CSV file."""

import csv
import gzip
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "data" / "online_retail_orders.csv.gz"


@cache
def all_lines() -> tuple[dict[str, str], ...]:
    with gzip.open(FILE, "rt", encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def lines_of(country: str) -> list[dict[str, str]]:
    return [dict(line) for line in all_lines() if line["country"] == country]
