"""Sending messages with Celery and nothing around it, and as fast as the broker takes any."""

from __future__ import annotations

import time

from celery import Celery

QUEUE = "bench"


def loop(url: str, count: int) -> float:
    """Return the messages per second of a bare loop of `apply_async`."""
    app = Celery("bare", broker=url, set_as_current=False)
    app.conf.update(task_ignore_result=True, task_default_queue=QUEUE)
    task = app.task(nothing, name="bench.nothing")
    task.apply_async()  # connects and declares
    begun = time.perf_counter()
    for _ in range(count):
        task.apply_async()
    took = time.perf_counter() - begun
    with app.connection_for_write() as connection:
        connection.default_channel.queue_purge(QUEUE)
    app.close()
    return count / took


def nothing() -> None:
    """What the messages of the bare loop ask for."""
