"""Idle: what a tick costs that finds nothing due, beside few due slots and beside very many."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from datetime import timedelta
from typing import Any

from bench import fleet
from bench.registry import Benchmark, Row
from scheduling.agenda.clock import database_now

SIZES = (100, 10_000, 1_000_000)
TICKS, ROUNDS = 200, 5


def run(is_full: bool) -> list[Row]:
    fleet.make_tenants()
    fleet.empty()
    rows: list[Row] = []
    made = 0
    for size in SIZES:
        fleet.make_slots(size - made, database_now() + timedelta(days=1), first=made)
        made = size
        row = line(size)
        fewest = rows[0] if rows else row
        rows.append(
            row | {f"{name}_ratio": row[name] / fewest[name] for name in row if name in RATIOS}
        )
        print(f"  {rows[-1]}", flush=True)
    fleet.empty()
    return rows


RATIOS = ("database_ms", "rss_mb")


def line(size: int) -> Row:
    rounds = [one_beat() for _ in range(ROUNDS)]
    names = [name for name, value in rounds[0].items() if value is not None]
    return {"slots": size, "rounds": ROUNDS} | {
        name: statistics.median(found[name] for found in rounds) for name in names
    }


def one_beat() -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.one_idle_beat", str(TICKS)]
    output = subprocess.check_output(command, text=True)  # noqa: S603 - a program of ours
    found: dict[str, Any] = json.loads(output)
    return found


BENCHMARK = Benchmark(
    name="idle",
    title="Idle",
    measured=(
        "A tick of a beat process that finds nothing due, beside so many due slots of tomorrow: its "
        "statements, there and back, and the memory of the process. Ratios are to the fewest rows."
    ),
    run=run,
    columns={
        "slots": "rows",
        "database_ms": "statements, ms",
        "database_ms_ratio": "ratio",
        "tick_ms": "whole tick, ms",
        "rss_mb": "memory, MB",
        "rss_mb_ratio": "ratio",
    },
)
