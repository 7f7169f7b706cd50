"""Reading an order file: lines, records, columns, and what is wrong with the file as a whole."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

REQUIRED = ("number", "placed_at", "total")
OPTIONAL = ("customer", "currency", "status", "cancelled")
#: Bounds memory, whatever the file is. Below the csv module's limit for one cell.
LINE_MAXIMUM = 100_000  # characters
#: Bytes that are not UTF-8, as the "surrogateescape" error handler leaves them.
UNDECODED = re.compile("[\udc80-\udcff]")


class FileError(ValueError):
    """The file as a whole cannot be read, and nothing of it is imported."""


class Record(NamedTuple):
    """One record: the number of the line it begins on, and its cells; None if quotes hide them."""

    line: int
    cells: list[str] | None


class OrderFileReader:
    """An open order file. Iterating it reads it once, in constant memory; raises FileError."""

    def __init__(self, path: Path) -> None:
        self._bytes = path.open("rb")
        self._file = TextIOWrapper(
            self._bytes, encoding="utf-8-sig", errors="surrogateescape", newline=""
        )
        self._lines_read = 0
        self._is_exhausted = False
        self._reader = csv.reader(self._lines(), strict=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()

    @property
    def position(self) -> int:
        """How many bytes were read, about."""
        return self._bytes.tell()

    def header(self) -> list[str]:
        """Read the names of the columns; this comes first."""
        first = next(self._records(), None)
        if first is None:
            raise FileError("the file is empty; its first line must name the columns")
        names = [cell.strip() for cell in first.cells or ()]
        self._check(names)
        return names

    def __iter__(self) -> Iterator[Record]:
        """Yield the records after the header; blank lines are passed over."""
        return self._records()

    @staticmethod
    def _check(names: list[str]) -> None:
        if not set(names) & {*REQUIRED, *OPTIONAL}:
            raise FileError(
                "no header; the first line must name the columns, separated by commas, "
                f"among them {', '.join(REQUIRED)}"
            )
        if missing := [name for name in REQUIRED if name not in names]:
            raise FileError(f"column missing: {', '.join(missing)}")
        counts = Counter(names)
        if repeated := [name for name in (*REQUIRED, *OPTIONAL) if counts[name] > 1]:
            raise FileError(f"column named twice: {', '.join(repeated)}")

    def _records(self) -> Iterator[Record]:
        while True:
            line = self._lines_read + 1
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error:
                self._refuse_open_quote(line)
                yield Record(line, None)
                continue
            if cells:
                yield Record(line, cells)

    def _refuse_open_quote(self, line: int) -> None:
        """Raise FileError unless the trouble with a quote is confined to one physical line.

        A quote that is never closed swallows lines, up to the end of the file, the csv module's
        limit, or the next quote, which it takes for its own end.
        """
        if self._is_exhausted or self._lines_read > line:
            raise FileError(f"line {line}: a quote is opened and never closed")

    def _lines(self) -> Iterator[str]:
        for line in iter(partial(self._file.readline, LINE_MAXIMUM), ""):
            self._lines_read += 1
            if not line.isascii() and UNDECODED.search(line):
                raise FileError(f"line {self._lines_read}: not UTF-8; save the file as UTF-8")
            if len(line) == LINE_MAXIMUM:
                raise FileError(f"line {self._lines_read}: longer than {LINE_MAXIMUM:,} characters")
            yield line
        self._is_exhausted = True
