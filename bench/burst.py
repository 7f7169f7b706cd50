"""A burst: N slots due at one instant, and one beat process that takes and publishes them all."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from kombu import Connection

from bench import bare, fleet
from bench.registry import Benchmark, Row
from tests.integration.rabbitmq import RabbitServer, program

SIZES, MORE = (1_000, 10_000), (100_000,)
ROUNDS = 5
#: Of what lasts a tenth of a second, in which a shared core is fast or slow by chance.
ROUNDS_OF_FEW = 15
#: How many messages the bare loop sends in a round; its rate does not depend on it.
BARE = 1_000


def run(is_full: bool) -> list[Row]:
    fleet.make_tenants()
    sizes = (*SIZES, *(MORE if is_full else ()))
    rows = [line(size, settings.CELERY_BROKER_URL) for size in sizes]
    if not program():
        print("  RabbitMQ is not installed, and left out", flush=True)
        return rows
    with RabbitServer() as rabbit:
        return rows + [line(size, rabbit.url) for size in SIZES]


def line(size: int, url: str, beats: int = 1) -> Row:
    """Compare a burst to a bare loop of `apply_async`, in turns."""
    rates, bares = [], []
    rounds = ROUNDS_OF_FEW if size == min(SIZES) else ROUNDS
    for _ in range(rounds):
        bares.append(bare.loop(url, BARE))
        rates.append(size / burst(size, url, beats))
    ratio = statistics.median(ours / other for ours, other in zip(rates, bares, strict=True))
    row = {
        "slots": size,
        "broker": url.partition(":")[0],
        "messages_per_second": statistics.median(rates),
        "bare_per_second": statistics.median(bares),
        "ratio": ratio,
        "rounds": rounds,
    }
    print(f"  {row}", flush=True)
    return row


def burst(size: int, url: str, beats: int = 1, *options: str) -> float:
    """Return the seconds from the instant to the last message and the last mark in the ledger."""
    fleet.empty()
    fleet.purge(url)
    # Long enough to write the slots and start the processes.
    due_at = fleet.make_due(size, timedelta(seconds=6 + 2 * beats + size / 12_000))
    programs = [start(due_at.isoformat(), url, options) for _ in range(beats)]
    ended = [end_of(program) for program in programs]
    check(size, url)
    return max(ended) - due_at.timestamp()


def start(due_at: str, url: str, options: Sequence[str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bench.one_beat", due_at, *options]
    environment = os.environ | {"CELERY_BROKER_URL": url}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)  # noqa: S603


def end_of(program: subprocess.Popen[str]) -> float:
    output, _ = program.communicate()
    if program.returncode:
        raise RuntimeError("a beat of the benchmark failed")
    report: dict[str, Any] = json.loads(output.splitlines()[-1])
    if report["began"] > datetime.fromisoformat(report["due_at"]).timestamp() + 0.1:
        raise RuntimeError("a beat of the benchmark was ready too late")
    return float(report["ended"])


def check(size: int, url: str) -> None:
    """Raise unless each slot has one firing that is published, and one message."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM agenda_firing WHERE state = 'published'")
        published = cursor.fetchone()[0]
    with Connection(url) as broker:
        waiting = broker.channel().queue_declare("celery", passive=True).message_count
    if (published, waiting) != (size, size):
        raise RuntimeError(f"{published} published, {waiting} messages of {size}")


BENCHMARK = Benchmark(
    name="burst",
    title="A burst",
    measured=(
        "N slots of 1,000 tenants due at one instant, one beat process that has been running: from the "
        "instant to the last message on the broker and its mark in the ledger. The bare loop is Celery's `apply_async` "
        "and nothing else, in turns with it."
    ),
    run=run,
    columns={
        "slots": "slots",
        "broker": "broker",
        "messages_per_second": "messages/s",
        "bare_per_second": "bare loop",
        "ratio": "ratio",
        "rounds": "rounds",
    },
)
