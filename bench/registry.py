"""Which benchmarks there are, and what each says of itself.

A benchmark is a module that is named in `NAMES` and has a `BENCHMARK`. `run` gets whether it may take
its time (`make bench-full`) and returns a dictionary of JSON's own types per line of its table;
`columns` says which of its values the table shows, under what heading.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

NAMES = [
    *("peers", "burst", "two_beats", "idle", "lateness", "changes", "reindexing", "bomb"),
    *("cadence", "simulate", "worker", "closing", "effect", "pages"),
    *("provisioning", "migrations", "walls"),
]
Row = dict[str, Any]


class CannotMeasure(Exception):
    """What a benchmark needs is not on this machine; the text says what."""


@dataclass(frozen=True)
class Benchmark:
    name: str
    title: str
    #: What is measured: a paragraph for the page.
    measured: str
    run: Callable[[bool], Sequence[Row]]
    columns: Mapping[str, str] = field(default_factory=dict)


def load(name: str) -> Benchmark:
    """Return the benchmark of this name, one of `NAMES`."""
    benchmark: Benchmark = import_module(f"bench.{name}").BENCHMARK
    return benchmark
