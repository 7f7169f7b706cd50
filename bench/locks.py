"""How long workers' transactions hold what they have locked, seen from outside by looking often."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2

from tenants.postgresql.logins import login_name
from tenants.postgresql.roles import installation_id

#: Between two looks: a transaction is longer than what was last seen of it by up to so much.
LOOK_SECONDS = 0.002

#: Transactions that have written, from the first statement on, and who they are.
WRITING = """
SELECT pid, xact_start, extract(epoch FROM clock_timestamp() - xact_start)::float
FROM pg_stat_activity WHERE usename = %s AND backend_xid IS NOT NULL
"""


class Transactions:
    """The transactions that were seen, each with the longest that it was seen to last."""

    def __init__(self, login: str) -> None:
        self.login = login
        self.is_over = threading.Event()
        self.seen: dict[tuple[int, object], float] = {}

    def look(self) -> None:
        # As a superuser: others are not shown what is not theirs.
        session = psycopg2.connect(os.environ["SUPERUSER_DATABASE_URL"])
        session.autocommit = True
        with session.cursor() as cursor:
            while not self.is_over.wait(LOOK_SECONDS):
                cursor.execute(WRITING, [self.login])
                for pid, begun_at, lasted in cursor.fetchall():
                    self.seen[pid, begun_at] = lasted
        session.close()

    @property
    def seconds(self) -> list[float]:
        return list(self.seen.values())


@contextmanager
def longest_transaction() -> Iterator[Transactions]:
    """Watch the workers' transactions for the length of the block."""
    transactions = Transactions(login_name(installation_id(), "worker"))
    watcher = threading.Thread(target=transactions.look, daemon=True)
    watcher.start()
    try:
        yield transactions
    finally:
        transactions.is_over.set()
        watcher.join()
