"""Importing an order file: staged in a temporary table, then stored in one transaction.

Memory stays constant however long the file is: lines go to Postgres in batches by COPY, and there
lines that repeat a number are found, and orders made and changed, by a statement each. This is the
operator's side, out of a tenant's reach, so it may speak SQL.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from orders.order_file import OrderFileReader
from orders.order_line import Line, LineReader
from wording.sentences import Sentence
from wording.sentences import noop as _

BATCH = 2000  # lines
#: As the statement below writes it.
REPEATED = Sentence(_("'%(number)s' was on line %(line)s already"))

CREATE_STAGE = """
    CREATE TEMPORARY TABLE staged_order (
        line bigint, number text, customer text, placed_at timestamptz, total numeric(14, 2),
        currency text, status text, reason text)
"""
REJECT_REPEATED = """
    UPDATE staged_order AS later
    SET reason = 'number: ''' || later.number || ''' was on line ' || first.line || ' already'
    FROM (SELECT number, min(line) AS line FROM staged_order
          WHERE number IS NOT NULL GROUP BY number HAVING count(*) > 1) AS first
    WHERE later.number = first.number AND later.line > first.line AND later.reason IS NULL
"""
INSERT_NEW = """
    INSERT INTO orders_order
        (number, customer, placed_at, total, currency, status, status_changed_at, closed_at)
    SELECT number, coalesce(customer, ''), placed_at, total, coalesce(currency, %s),
        coalesce(status, 'open'), statement_timestamp(),
        CASE WHEN status = 'closed' THEN statement_timestamp() END
    FROM staged_order WHERE reason IS NULL
        AND NOT EXISTS (SELECT FROM orders_order WHERE orders_order.number = staged_order.number)
    ORDER BY line
    ON CONFLICT (number) DO NOTHING
"""
# What a run closes meanwhile is waited for, and its new status is the one that is looked at here.
NEW_STATUS = """
    CASE WHEN stored.status = 'closed' AND staged.status IS DISTINCT FROM 'cancelled' THEN 'closed'
        ELSE coalesce(staged.status, stored.status) END
"""
# S608: the only thing put in is the text above.
UPDATE_STORED = f"""
WITH changed AS (
    UPDATE orders_order AS stored
    SET customer = coalesce(staged.customer, stored.customer),
        placed_at = staged.placed_at,
        total = staged.total,
        currency = coalesce(staged.currency, stored.currency),
        status = {NEW_STATUS},
        status_changed_at = CASE WHEN {NEW_STATUS} = stored.status
            THEN stored.status_changed_at ELSE statement_timestamp() END,
        closed_at = CASE WHEN {NEW_STATUS} = 'closed'
            THEN coalesce(stored.closed_at, statement_timestamp()) END,
        closed_from = CASE WHEN {NEW_STATUS} = stored.status THEN stored.closed_from
            WHEN {NEW_STATUS} = 'closed' THEN nullif(stored.status, 'open') END,
        kept_open = stored.kept_open AND {NEW_STATUS} IN ('open', stored.status)
    FROM staged_order AS staged
    WHERE staged.number = stored.number AND staged.reason IS NULL
        AND (coalesce(staged.customer, stored.customer), staged.placed_at, staged.total,
             coalesce(staged.currency, stored.currency), {NEW_STATUS})
         <> (stored.customer, stored.placed_at, stored.total, stored.currency, stored.status)
    RETURNING stored.id, stored.closed_by_run
), noted AS (
    INSERT INTO orders_laterchange (run_id, order_id, reason)
    SELECT closed_by_run, id, 'import' FROM changed WHERE closed_by_run IS NOT NULL
    ON CONFLICT DO NOTHING
)
SELECT count(*) FROM changed
"""  # noqa: S608
# What no run's closing holds of any more. By now these orders are locked, and their changes noted.
LEAVE_RUNS = """
    UPDATE orders_order SET closed_by_run = NULL
    FROM staged_order AS staged
    WHERE staged.number = orders_order.number AND staged.reason IS NULL
        AND closed_by_run IS NOT NULL AND orders_order.status <> 'closed'
"""


class Rejection(NamedTuple):
    line: int
    reason: str


class Import(NamedTuple):
    """What became of a file: orders made, orders changed; a line equal to its order is neither."""

    ignored: list[str]
    imported: int
    updated: int
    rejected: int

    @staticmethod
    def rejections() -> Iterator[Rejection]:
        """Stream the lines that were not imported, in the order of the file."""
        with connection.chunked_cursor() as cursor:
            cursor.execute(
                "SELECT line, reason FROM staged_order WHERE reason IS NOT NULL ORDER BY line"
            )
            while rows := cursor.fetchmany(BATCH):
                yield from map(Rejection._make, rows)


@contextmanager
def import_file(
    path: Path,
    zone: ZoneInfo,
    currency: str,
    dry_run: bool = False,
    progress: Callable[[int], object] = lambda position: None,
) -> Iterator[Import]:
    """Import a file into the current schema; what was rejected can be read inside the context.

    Times without offset are in `zone`; `currency` is for new orders of which the file says none.
    `progress` is called now and then with the position in the file, in bytes. Raises FileError and
    OSError, before anything is written. A repeat changes nothing.
    """
    with OrderFileReader(path) as file, staging():
        reader = LineReader(file.header(), zone)
        for batch in batches(map(reader.read, file)):
            copy(batch)
            progress(file.position)
        rejected = reject_repeated()
        made, changed = store(currency, dry_run)
        yield Import(reader.ignored, made, changed, rejected)


@contextmanager
def staging() -> Iterator[None]:
    # How large a file may be is limited where it is sent; its lines may take longer than a page.
    if connection.in_atomic_block:
        execute("SET LOCAL statement_timeout = 0")
    execute(CREATE_STAGE)
    try:
        yield
    finally:
        execute("DROP TABLE staged_order")


def batches(lines: Iterator[Line]) -> Iterator[list[Line]]:
    while batch := list(islice(lines, BATCH)):
        yield batch


def copy(lines: Iterable[Line]) -> None:
    text = StringIO("".join(map(copy_line, lines)))
    with connection.cursor() as cursor:
        cursor.copy_expert("COPY staged_order FROM STDIN", text)


def copy_line(line: Line) -> str:
    """Return a line in the text format of COPY. No cell holds a control character by now."""
    cells = (r"\N" if cell is None else str(cell).replace("\\", r"\\") for cell in line)
    return "\t".join(cells) + "\n"


def reject_repeated() -> int:
    """Reject lines whose number an earlier line has, right or wrong; return how many all are."""
    execute("ANALYZE staged_order")
    execute(REJECT_REPEATED)
    return count("SELECT count(*) FROM staged_order WHERE reason IS NOT NULL")


def store(currency: str, dry_run: bool) -> tuple[int, int]:
    """Make and change orders in one transaction, which a dry run takes back; return how many."""
    with transaction.atomic():
        # One import at a time into a schema: two could wait for each other's orders for ever. Of the
        # table, since an advisory lock could be taken, and kept, in any other tenant's role.
        execute("LOCK TABLE orders_order IN SHARE UPDATE EXCLUSIVE MODE")
        made, changed = execute(INSERT_NEW, currency), count(UPDATE_STORED)
        execute(LEAVE_RUNS)
        transaction.set_rollback(dry_run)
    return made, changed


def execute(statement: str, *parameters: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return int(cursor.rowcount)


def count(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.fetchone()[0])
