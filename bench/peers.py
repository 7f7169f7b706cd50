"""Other schedulers, with up to 1,000 entries due at once and a minute each; and what the limit is."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from importlib.util import find_spec

from django.conf import settings
from kombu import Connection

from bench import bare, fleet
from bench.burst import burst
from bench.registry import Benchmark, Row

COUNT = 1_000
#: What a peer has for its messages, and for getting ready.
SECONDS, READY_SECONDS = 60.0, 60.0
ROUNDS = 5
#: A peer that is slower than this is measured once.
SLOW_SECONDS = 5.0
#: Peers, the package that each is in, and what it has to do.
PEERS = {
    "TenantAwareDatabaseScheduler": ("tenant_schemas_celery", "one entry per tenant"),
    "DatabaseScheduler": ("django_celery_beat", "one schema"),
    "RedBeat": ("redbeat", "entries in Redis"),
}


def run(is_full: bool) -> list[Row]:
    fleet.make_tenants()
    url = settings.CELERY_BROKER_URL
    bares, ours, limits = [], [], []
    for _ in range(ROUNDS):
        bares.append(bare.loop(url, COUNT))
        ours.append(COUNT / burst(COUNT, url))
        limits.append(pipelined(url))
    fleet.empty()
    base = statistics.median(bares)
    rows = [
        *(peer(name) for name in PEERS),
        row("a bare loop of apply_async", "no schedule at all", bares),
        row("ours", "with the ledger", ours),
        row("a pipelined LPUSH loop", "the limit", limits),
    ]
    return [shown(each, base) for each in rows]


def row(name: str, note: str, rates: list[float]) -> Row:
    return {"name": name, "note": note, "rate": statistics.median(rates), "rounds": len(rates)}


def shown(row: Row, base: float) -> Row:
    row["ratio"] = row["rate"] / base if row["rate"] else None
    print(f"  {row}", flush=True)
    return row


def peer(name: str) -> Row:
    """Measure a peer, or say why it cannot be."""
    package, note = PEERS[name]
    if find_spec(package) is None:
        return {"name": name, "note": f"not installed: {package}", "rate": None, "rounds": 0}
    rates: list[float] = []
    begun = time.monotonic()
    while len(rates) < ROUNDS and (
        not rates or time.monotonic() - begun < SLOW_SECONDS * len(rates)
    ):
        try:
            rates.append(rate_of(name))
        except (subprocess.SubprocessError, ValueError) as error:
            return {
                "name": name,
                "note": f"failed: {type(error).__name__}",
                "rate": None,
                "rounds": 0,
            }
    return row(name, note, rates)


def rate_of(name: str) -> float:
    """Return the messages per second of a peer, over as many as it sent within its time."""
    command = [sys.executable, "-m", "bench.one_peer", name, str(COUNT), str(SECONDS)]
    output = subprocess.run(  # noqa: S603 - a program of ours
        command, check=True, capture_output=True, text=True, timeout=2 * SECONDS + READY_SECONDS
    ).stdout
    found = json.loads(output.splitlines()[-1])
    return float(found["sent"] / found["seconds"])


def pipelined(url: str, count: int = 20_000) -> float:
    """Return the messages per second of LPUSH in pipelines of a thousand, of the size of ours."""
    with Connection(url) as broker:
        client = broker.default_channel.client
        text = "x" * 1_400
        begun = time.perf_counter()
        for _ in range(count // 1_000):
            pipe = client.pipeline(transaction=False)
            for _ in range(1_000):
                pipe.lpush("bench.limit", text)
            pipe.execute()
        took = time.perf_counter() - begun
        client.delete("bench.limit")
    return count / took


BENCHMARK = Benchmark(
    name="peers",
    title="Beside other schedulers",
    measured=(
        "1,000 entries due at once, one process each; a peer has a minute, and its rate is of what it "
        "sent by then. Ratios are to the bare loop."
    ),
    run=run,
    columns={"name": "", "note": "", "rate": "messages/s", "ratio": "ratio", "rounds": "rounds"},
)
