"""A CSV file as the answer to a request, sent while it is written."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from itertools import chain, islice
from typing import Any

from django.db import connection
from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header
from django_tenants.utils import tenant_context

from exports.cells import harmless

CHUNK = 500  # rows
#: Without it Excel reads UTF-8 as the code page of the machine.
BYTE_ORDER_MARK = "\ufeff"
UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


def csv_response(
    name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]
) -> StreamingHttpResponse:
    """Return rows as a file called `name`.csv, in constant memory however many there are.

    The rows are read in the tenant's schema that is entered now, also where they come from a query
    that runs only while the file is sent.
    """
    here = connection.tenant  # type: ignore[attr-defined]  # django-tenants adds it
    text = csv_text(header, read_in(here, iter(rows)))
    response = StreamingHttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, file_name(name))
    response["X-Content-Type-Options"] = "nosniff"
    return response


def file_name(name: str) -> str:
    """Return a name that no system takes for a path, an option or another type."""
    return f"{UNSAFE.sub('-', name).strip('-')[:100] or 'export'}.csv"


def csv_text(header: Sequence[str], chunks: Iterable[list[Sequence[Any]]]) -> Iterator[str]:
    for number, chunk in enumerate(chain([[header]], chunks)):
        text = StringIO()
        csv.writer(text).writerows(map(harmless, chunk))
        yield text.getvalue() if number else BYTE_ORDER_MARK + text.getvalue()


def read_in(tenant: Any, rows: Iterator[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    """Yield the rows in chunks, each read in `tenant`, which the middleware has left by then.

    It is left again between the chunks, so that a file that nobody reads to its end leaves nothing
    behind on the connection.
    """
    while True:
        with tenant_context(tenant):
            chunk = list(islice(rows, CHUNK))
        if not chunk:
            return
        yield chunk
