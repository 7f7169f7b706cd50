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

from wording.sentences import Sentence, fixed
from wording.sentences import noop as _

REQUIRED = ("number", "placed_at", "total")
OPTIONAL = ("customer", "currency", "status", "cancelled")
#: Bounds memory, whatever the file is. Below the csv module's limit for one cell.
LINE_MAXIMUM = 100_000  # characters
#: Bytes that are not UTF-8, as the "surrogateescape" error handler leaves them.
UNDECODED = re.compile("[\udc80-\udcff]")


EMPTY = fixed(_("the file is empty; its first line must name the columns"))
NO_HEADER = Sentence(
    _(
        "no header; the first line must name the columns, separated by commas, among them "
        "%(columns)s"
    )
)
MISSING = Sentence(_("column missing: %(columns)s"))
REPEATED = Sentence(_("column named twice: %(columns)s"))
OPEN_QUOTE = Sentence(_("line %(line)s: a quote is opened and never closed"))
NOT_UTF8 = Sentence(_("line %(line)s: not UTF-8; save the file as UTF-8"))
TOO_LONG = Sentence(_("line %(line)s: longer than %(most)s characters"))


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
            raise FileError(EMPTY)
        names = [cell.strip() for cell in first.cells or ()]
        self._check(names)
        return names

    def __iter__(self) -> Iterator[Record]:
        """Yield the records after the header; blank lines are passed over."""
        return self._records()

    @staticmethod
    def _check(names: list[str]) -> None:
        if not set(names) & {*REQUIRED, *OPTIONAL}:
            raise FileError(NO_HEADER(columns=", ".join(REQUIRED)))
        if missing := [name for name in REQUIRED if name not in names]:
            raise FileError(MISSING(columns=", ".join(missing)))
        counts = Counter(names)
        if repeated := [name for name in (*REQUIRED, *OPTIONAL) if counts[name] > 1]:
            raise FileError(REPEATED(columns=", ".join(repeated)))

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
            raise FileError(OPEN_QUOTE(line=line))

    def _lines(self) -> Iterator[str]:
        for line in iter(partial(self._file.readline, LINE_MAXIMUM), ""):
            self._lines_read += 1
            if not line.isascii() and UNDECODED.search(line):
                raise FileError(NOT_UTF8(line=self._lines_read))
            if len(line) == LINE_MAXIMUM:
                raise FileError(TOO_LONG(line=self._lines_read, most=f"{LINE_MAXIMUM:,}"))
            yield line
        self._is_exhausted = True
