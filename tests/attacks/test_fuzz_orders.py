"""Whatever bytes are uploaded as orders: lines are imported or named, or the file is refused."""

import contextlib
import csv
from io import StringIO
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from orders.importing import import_file
from orders.order_file import FileError
from tests.attacks.fuzzing import ANYTHING, EXAMPLES, try_all

CELL = ANYTHING | st.sampled_from(
    ["A1", "2011-12-09 12:50", "0001-01-01", "9999-12-31T23:59:59-12:00", "1e999", "-0", "NaN"]
)
COLUMNS = ["number", "placed_at", "total", "customer", "currency", "status", "cancelled"]


def written(rows):
    text = StringIO()
    csv.writer(text).writerows([COLUMNS, *rows])
    return text.getvalue().encode(errors="surrogatepass")


@EXAMPLES
def test_every_line_is_imported_or_named(in_acme, tmp_path, examples):
    def check(rows):
        path = tmp_path / "orders.csv"
        path.write_bytes(written(rows))
        with import_file(path, ZoneInfo("Europe/Berlin"), "EUR") as done:
            named = {rejection.line for rejection in done.rejections()}
            assert done.imported + done.updated <= len(rows)
            assert len(named) == done.rejected

    rows = st.lists(st.lists(CELL, min_size=1, max_size=8), max_size=8)
    try_all(check, examples, rows=rows)


@EXAMPLES
def test_bytes_that_are_no_order_file_are_refused(in_acme, tmp_path, examples):
    def check(start, rest):
        path = tmp_path / "orders.csv"
        path.write_bytes(start + rest)
        with contextlib.suppress(FileError), import_file(path, ZoneInfo("UTC"), "EUR") as done:
            list(done.rejections())

    start = st.sampled_from([b"", b"\xef\xbb\xbf", b"number,placed_at,total\n", b'number,"'])
    try_all(check, examples, start=start, rest=st.binary(max_size=200))
