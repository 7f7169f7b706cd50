"""What was measured last, in `bench/results.json`: one entry per benchmark, with the machine it ran on."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import connection

from bench.registry import Benchmark, Row

RESULTS = Path(__file__).with_name("results.json")


def read(path: Path = RESULTS) -> dict[str, Any]:
    return json.loads(path.read_text()) if path.exists() else {}


def keep(benchmark: Benchmark, rows: Sequence[Row], note: str = "", path: Path = RESULTS) -> None:
    """Write down what a benchmark found in place of what it found before."""
    entry = {
        "title": benchmark.title,
        "measured": benchmark.measured,
        "columns": dict(benchmark.columns),
        "rows": list(rows),
        "note": note,
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "machine": machine(),
    }
    path.write_text(json.dumps(read(path) | {benchmark.name: entry}, indent=1) + "\n")


def machine() -> str:
    """Return what the figures depend on, in a line."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        postgres = cursor.fetchone()[0].split()[0]
    busy = os.getloadavg()[0]
    return f"{cores()} cores, load {busy:.1f}, Python {platform.python_version()}, PostgreSQL {postgres}"


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
