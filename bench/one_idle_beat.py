"""`python -m bench.one_idle_beat TICKS`: one beat process with nothing due; says in JSON what a tick costs.

Of each tick: its time, and that of it which was spent in statements, there and back.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from bench import environment  # noqa: F401  # isort: skip  # before anything asks for settings
from django.db import connections

from bench.sessions import session_of
from saas.celery import app
from scheduling.agenda.beat import take_turn
from scheduling.agenda.dispatch import Publisher


class Stopwatch:
    """Adds up what statements take, as a wrapper of Django's `execute`."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self, execute: Callable[..., Any], *args: Any) -> Any:
        begun = time.perf_counter()
        try:
            return execute(*args)
        finally:
            self.seconds += time.perf_counter() - begun


def main() -> None:
    session = connections["default"] = session_of("beat")
    app.finalize()
    app.loader.import_default_modules()
    publisher = Publisher(app)
    tick(publisher)  # connects and plans
    whole, statements = [], []
    watch = Stopwatch()
    with session.execute_wrapper(watch):
        for _ in range(int(sys.argv[1])):
            before, begun = watch.seconds, time.perf_counter()
            tick(publisher)
            whole.append(time.perf_counter() - begun)
            statements.append(watch.seconds - before)
    found = {"tick_ms": median(whole), "database_ms": median(statements)}
    print(json.dumps({name: value * 1000 for name, value in found.items()} | {"rss_mb": rss_mb()}))


def tick(publisher: Publisher) -> None:
    """Do what a beat does that is woken and finds nothing to do."""
    assert take_turn(publisher, 1.0) == 1.0  # noqa: S101


def rss_mb() -> float | None:
    """Return what this process has in memory; None where the system does not tell."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(lines["VmRSS"].split()[0]) / 1024


if __name__ == "__main__":
    main()
