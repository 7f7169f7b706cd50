"""Doing the same for many things in several processes at once."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from django.db import connection

from tenants.postgresql.logins import execute

Item = TypeVar("Item")
Result = TypeVar("Result")


class Unreachable(Exception):
    """The database cannot be asked, or a worker was killed: no fault of what was worked at."""


def side_by_side(
    items: Sequence[Item],
    job: Callable[[Item], Result],
    workers: int,
    items_per_session: int = 50,
) -> Iterator[tuple[Item, Result]]:
    """Do the job for each item; yield it with the result, as they end. `job` can be pickled.

    A session remembers every table it met and grows by it, so each is renewed after so many items.
    Raises Unreachable when a worker was killed; what was done by then stays so.
    """
    if workers <= 1 or len(items) <= 1 or connection.in_atomic_block:
        for number, item in enumerate(items, start=1):
            yield item, job(item)
            renew_session(number, items_per_session)
        return
    # Workers are copies of this process, which must not share its session.
    connection.close()
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("fork"))
    try:
        waiting = {pool.submit(in_worker, job, item, items_per_session): item for item in items}
        for done in as_completed(waiting):
            yield waiting[done], done.result()
    except BrokenProcessPool:
        raise Unreachable("a worker was killed") from None
    finally:
        pool.shutdown(cancel_futures=True)


#: How many items this worker has done.
_done = 0


def in_worker(job: Callable[[Item], Result], item: Item, items_per_session: int) -> Result:
    global _done
    _done += 1
    result = job(item)
    renew_session(_done, items_per_session)
    return result


def renew_session(done: int, items_per_session: int) -> None:
    if done % items_per_session == 0 and not connection.in_atomic_block:
        connection.close()


def workers_at_most(wanted: int | None = None) -> int:
    """Return how many sessions to work with: one per core, at most half of what is left to have."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    taken, limit = execute(CONNECTIONS)[0]
    return max(1, min(wanted or cores or 1, (limit - taken) // 2))


CONNECTIONS = """
SELECT count(*), current_setting('max_connections')::int
    - current_setting('superuser_reserved_connections')::int
FROM pg_stat_activity WHERE backend_type = 'client backend'
"""
