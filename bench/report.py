"""The tables of docs/benchmarks.md, made from `bench/results.json` and from nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
BEGIN, END = "<!-- made by `make bench`: begin -->", "<!-- made by `make bench`: end -->"


def write_page(results: Mapping[str, Any], page: Path = PAGE) -> None:
    """Put the tables between the marks of the page; what people wrote around them stays."""
    before, _, rest = page.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    tables = "\n".join(line for entry in results.values() for line in section(entry))
    page.write_text(f"{before}{BEGIN}\n\n{tables}\n{END}{after}")


def section(entry: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"## {entry['title']}", "", entry["measured"], "")
    if entry["rows"]:
        yield from (*table(entry), "")
    if entry["note"]:
        yield from (f"Not measured: {entry['note']}", "")
    yield from (f"*{entry['at']}, {entry['machine']}*", "")


def table(entry: Mapping[str, Any]) -> Iterator[str]:
    columns = entry["columns"]
    yield "| " + " | ".join(columns.values()) + " |"
    yield "|" + "---|" * len(columns)
    for row in entry["rows"]:
        yield "| " + " | ".join(shown(row.get(name)) for name in columns) + " |"


def shown(value: Any) -> str:
    """Return a value as people read it: three digits that count, thousands set off."""
    if value is None:
        return "-"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int) or abs(value) >= 100:
        return f"{round(value):,}"
    return f"{value:.3g}"
