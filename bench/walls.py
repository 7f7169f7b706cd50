"""What the walls between tenants cost: pages and runs with them, and without, in one run.

Without them means django-tenants' own backend, which sends the search path before every statement,
over one session of the owner. Both take turns on the same tenants, each time another one.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections

from bench.measuring import Comparison, compare, seconds
from bench.registry import Benchmark, Row
from bench.sessions import PlainWrapper, session_of
from bench.thin_tenants import make_thin_tenants
from bench.work import Pages, Runs, make_tenants
from scheduling import claiming
from tenants.models import Tenant

SIZES = (1_000, 10_000)
MORE = 1_000
#: How fast tenants are made meanwhile: as fast as provisioning makes them.
MORE_PER_SECOND = 1.0
ROUNDS = 15
ENTRIES = 9


@contextmanager
def using(session: Any) -> Iterator[None]:
    """Have everything use this session. A stock path ends in public, so nobody may ask for it."""
    before, prove = connections["default"], claiming.refuse_elsewhere
    connections["default"] = session
    if isinstance(session, PlainWrapper):
        claiming.refuse_elsewhere = lambda firing, path: None
    try:
        yield
    finally:
        connections["default"], claiming.refuse_elsewhere = before, prove


def cost_of_walls(work: Any) -> Comparison:
    """Compare `work` with walls to the same without."""
    guarded, plain = session_of(work.login), session_of("owner", PlainWrapper)

    def with_walls() -> None:
        with using(guarded):
            work()

    def without() -> None:
        with using(plain):
            work()

    try:
        return compare(with_walls, without, ROUNDS, work.prepare)
    finally:
        guarded.close()
        plain.close()


def first_entry_ms(tenant: Tenant) -> float:
    """Return the median time of a new session's first entry of a tenant's role."""
    times = []
    for _ in range(ENTRIES):
        session = session_of("web")
        session.ensure_connection()
        session.role_of(tenant.schema_name)
        session.set_tenant(tenant)
        times.append(seconds(session._handle_search_path))
        session.close()
    return statistics.median(times) * 1000


@contextmanager
def provisioning_meanwhile(prefix: str) -> Iterator[None]:
    """Have another process make tenants, whose grants all sessions take note of."""
    maker = [sys.executable, "-m", "bench.thin_tenants", prefix, str(MORE), str(MORE_PER_SECOND)]
    process = subprocess.Popen(maker)  # noqa: S603 - a program of ours
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def run(is_full: bool) -> list[Row]:
    tenants = make_tenants()
    rows: list[Row] = []
    made = 0
    for size in SIZES:
        make_thin_tenants(f"thin{size}", size - made)
        made = size
        entry_ms = first_entry_ms(tenants[0])
        print(f"{size:>7} tenants  first entry of a session: {entry_ms:.1f} ms", flush=True)
        rows.append({"tenants": size, "work": "first entry of a session", "first_ms": entry_ms})
        for work in (Pages(tenants), Runs(tenants)):
            rows.append(line(work, size, "nothing", cost_of_walls(work)))
            with provisioning_meanwhile(f"more{size}_{work.name}"):
                rows.append(line(work, size, "provisioning", cost_of_walls(work)))
    return rows


def line(work: Any, size: int, meanwhile: str, cost: Comparison) -> Row:
    print(
        f"{size:>7} tenants  {work.name:<6} {meanwhile:<13} {cost.ratio:.3f}"
        f"   ({cost.first_ms / work.size:.2f} ms with, {cost.second_ms / work.size:.2f} ms without)",
        flush=True,
    )
    return {"tenants": size, "work": work.name, "meanwhile": meanwhile, **cost.as_dict()}


BENCHMARK = Benchmark(
    name="walls",
    title="What the walls between tenants cost",
    measured=(
        "Pages and runs with the walls, and without: see scaling.md. Times are of a round of all "
        "tenants that take part."
    ),
    run=run,
    columns={
        "tenants": "tenants",
        "work": "work",
        "meanwhile": "meanwhile",
        "first_ms": "with, ms",
        "second_ms": "without, ms",
        "ratio": "ratio",
    },
)
