"""Draw demo/orders_sample.csv from the full list of invoices. The same input gives the same sample.

Usage: python -m demo.draw_sample online_retail_orders.csv
"""

import csv
import sys
from pathlib import Path

from demo.sample import SAMPLE
from demo.tenants import TENANTS

MOST_PER_COUNTRY = 300


def draw(source: Path, target: Path) -> None:
    with source.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
        columns = reader.fieldnames or []
    countries = [tenant.country for tenant in TENANTS]
    chosen = [row for country in countries for row in _spread(rows, country)]
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(chosen, key=lambda row: (row["placed_at"], row["number"])))


def _spread(rows: list[dict[str, str]], country: str) -> list[dict[str, str]]:
    """A country's invoices, thinned evenly where there are too many; the last one stays."""
    own = [row for row in rows if row["country"] == country]
    step = -(-len(own) // MOST_PER_COUNTRY)
    return own[::-1][::step]


if __name__ == "__main__":
    draw(Path(sys.argv[1]), SAMPLE)
