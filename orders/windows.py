"""Closing the orders of one window: so many of the oldest, from a place on, in one statement.

The ORM cannot say either statement. A window is found through the index of open orders, from a
place in it, so that what was closed before, whose entries the index still holds, is not read again.
"""

from datetime import datetime
from typing import Any, NamedTuple

from django.db import OperationalError, connection, transaction
from psycopg2.errors import LockNotAvailable

from orders.allowed import allowed_by, values_of
from orders.closing_rules import ClosingRules


class Place(NamedTuple):
    """An order's place among those to close, oldest first; as text, for Python knows no year 0."""

    placed_at: str
    id: int


#: Before all orders.
BEGINNING = Place("-infinity", 0)
#: How long a sweep waits for an order that somebody is editing, while it holds others itself.
PATIENCE = "50ms"


class Window(NamedTuple):
    """What became of a window: how many orders were closed, and where it ends.

    `end` is None when there is nothing behind it; `held` is an order that somebody else has locked.
    With `is_ruled` nothing was done, since the tenant has rules and none were given.
    """

    closed: int
    end: Place | None
    held: int | None = None
    is_ruled: bool = False


class Wanted(NamedTuple):
    """Which orders a run closes: of one status, placed before an instant, as the tenant's rules have it.

    Without `rules` by those of a tenant that has none, and only as long as it has none: the statement
    finds out itself, so that most runs need not ask.
    """

    before: datetime
    run_id: int
    status: str = "open"
    rules: ClosingRules | None = None

    def fill(self, statement: str, start: Place, size: int) -> tuple[Any, ...]:
        """Run a statement over a window and return its row."""
        given = {"before": self.before, "run": self.run_id, "status": self.status, "size": size}
        given |= {"at": start.placed_at, "id": start.id, "patience": PATIENCE}
        if self.rules is None:
            return fetch(statement.format(allowed=UNRULED), given)
        allowed = allowed_by(self.rules)
        return fetch(statement.format(allowed=allowed), given | values_of(self.rules))


def close_free(wanted: Wanted, start: Place, size: int) -> Window:
    """Close the orders of a window that nobody else holds. It waits for nobody."""
    is_ruled, due, closed, held, *last = wanted.fill(CLOSE_FREE, start, size)
    if is_ruled and wanted.rules is None:
        return Window(0, None, is_ruled=True)
    return Window(closed, Place(*last) if due == size else None, held)


def sweep(wanted: Wanted, start: Place, size: int) -> Window | None:
    """Close a window at once, twice as fast; None, with nothing done, when somebody holds one of it.

    Must be in a transaction. It waits so briefly that it can neither keep others waiting for what
    it has locked nor be part of a deadlock.
    """
    try:
        with transaction.atomic():
            is_ruled, closed, *end, _ = wanted.fill(SWEEP, start, size)
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
        return None
    if is_ruled and wanted.rules is None:
        return Window(0, None, is_ruled=True)
    return Window(closed, Place(*end) if end[0] else None)


def fetch(statement: str, given: dict[str, Any]) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        row: tuple[Any, ...] = cursor.fetchone()
    return row


#: Postgres answers this once for the statement, before it looks at any order.
UNRULED = "NOT (SELECT is_so FROM ruled)"
IS_RULED = "SELECT EXISTS (SELECT FROM orders_closingrules) AS is_so"
RULED = f"ruled AS MATERIALIZED ({IS_RULED})"
CLOSABLE = "status = %(status)s AND NOT kept_open AND placed_at < %(before)s AND {allowed}"
DUE = f"""
    SELECT id, placed_at FROM orders_order
    WHERE {CLOSABLE} AND (placed_at, id) > (%(at)s, %(id)s)
    ORDER BY placed_at, id
"""  # noqa: S608  # fixed text
CLOSED = """
    status = 'closed', closed_by_run = %(run)s, closed_from = nullif(status, 'open'),
    closed_at = statement_timestamp(), status_changed_at = statement_timestamp()
"""
#: What is claimed is judged once more, as it was left by whoever had it before.
CLOSE_FREE = f"""
WITH {RULED}, due AS MATERIALIZED ({DUE} LIMIT %(size)s), free AS MATERIALIZED (
    SELECT id FROM orders_order
    WHERE id = ANY (ARRAY(SELECT id FROM due)) AND {CLOSABLE}
    FOR UPDATE SKIP LOCKED
), done AS (
    UPDATE orders_order SET {CLOSED} WHERE id = ANY (ARRAY(SELECT id FROM free))
    RETURNING 1
)
SELECT (SELECT is_so FROM ruled), (SELECT count(*) FROM due), (SELECT count(*) FROM done),
    (SELECT id FROM due WHERE id <> ALL (ARRAY(SELECT id FROM free)) ORDER BY placed_at, id LIMIT 1),
    (SELECT placed_at::text FROM due ORDER BY placed_at DESC, id DESC LIMIT 1),
    (SELECT id FROM due ORDER BY placed_at DESC, id DESC LIMIT 1)
"""  # noqa: S608  # fixed text
#: How long it waits is set by the statement itself, to save two round trips: before the first order is
#: touched, which its condition has Postgres wait for, and back when all are counted.
SWEEP = f"""
WITH ruled AS MATERIALIZED (
    {IS_RULED},
        current_setting('lock_timeout') AS waited,
        set_config('lock_timeout', %(patience)s, true) AS waits
), stop AS MATERIALIZED ({DUE} OFFSET %(size)s - 1 LIMIT 1), done AS (
    UPDATE orders_order SET {CLOSED}
    WHERE (SELECT waits FROM ruled) IS NOT NULL
        AND {CLOSABLE} AND (placed_at, id) > (%(at)s, %(id)s)
        AND (placed_at, id) <= (
            coalesce((SELECT placed_at FROM stop), 'infinity'),
            coalesce((SELECT id FROM stop), 0)
        )
    RETURNING 1
)
SELECT (SELECT is_so FROM ruled), count(*), (SELECT placed_at::text FROM stop),
    (SELECT id FROM stop), set_config('lock_timeout', (SELECT waited FROM ruled), true)
FROM done
"""  # noqa: S608  # fixed text
