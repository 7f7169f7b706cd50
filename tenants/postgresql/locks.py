"""Work that only one process at a time may do, however many begin it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
from django.db import connection


@contextmanager
def one_at_a_time(work: str, on_wait: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Wait until no other process does this work; call `on_wait` first if one does.

    The lock is that of a session of its own, so it is gone with its process, whatever becomes of
    transactions and connections meanwhile.
    """
    wrapper: Any = connection
    plain = {k: v for k, v in wrapper.get_connection_params().items() if k != "cursor_factory"}
    with closing(psycopg2.connect(**plain)) as session, session.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [f"tenants: {work}"])
        if not cursor.fetchone()[0]:
            on_wait()
            cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [f"tenants: {work}"])
        # Not in a transaction meanwhile, which would keep dead rows from being removed.
        session.commit()
        yield
