"""Migrating many schemas, several at once, so that none keeps the others waiting."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool

from django.db import connection

from tenants.migrating.patience import SCHEMAS_PER_SESSION, Unreachable
from tenants.postgresql.logins import execute

#: Migrates the schema of this name; returns "" or the reason why it could not.
Job = Callable[[str], str]


def migrate_all(schema_names: Sequence[str], job: Job, workers: int) -> Iterator[tuple[str, str]]:
    """Do the job for each schema; yield its name and "" or a reason, as they end.

    Raises Unreachable when the database is gone or a worker was killed; what was migrated by then
    stays so, and the same call goes on from there.
    """
    if workers <= 1 or len(schema_names) <= 1 or connection.in_atomic_block:
        for schema_name in schema_names:
            yield schema_name, job(schema_name)
        return
    # Workers are copies of this process, which must not share its session.
    connection.close()
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("fork"))
    try:
        waiting = {pool.submit(in_worker, job, name): name for name in schema_names}
        for done in as_completed(waiting):
            yield waiting[done], done.result()
    except BrokenProcessPool:
        raise Unreachable("a worker was killed") from None
    finally:
        pool.shutdown(cancel_futures=True)


#: How many schemas this worker's session has met.
_met = 0


def in_worker(job: Job, schema_name: str) -> str:
    global _met
    _met += 1
    if _met % SCHEMAS_PER_SESSION == 0:
        connection.close()
    return job(schema_name)


def workers_at_most(wanted: int | None = None) -> int:
    """Return how many sessions to migrate with: one per core, half of what the server has left."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    taken, limit = execute(CONNECTIONS)[0]
    return max(1, min(wanted or cores or 1, (limit - taken) // 2))


CONNECTIONS = """
SELECT count(*), current_setting('max_connections')::int
    - current_setting('superuser_reserved_connections')::int
FROM pg_stat_activity WHERE backend_type = 'client backend'
"""
