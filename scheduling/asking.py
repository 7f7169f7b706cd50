"""What a page is asked: when, by one reading of the clock for all that it shows, and about which row."""

from datetime import datetime

from django.http import HttpRequest

from scheduling.agenda.clock import database_now

#: So many fit a bigint of Postgres, whatever they are.
DIGITS_MAXIMUM = 18


def asked_at(request: HttpRequest) -> datetime:
    at: datetime | None = getattr(request, "asked_at", None)
    if at is None:
        at = request.asked_at = database_now()  # type: ignore[attr-defined]
    return at


def number_in(text: str) -> int | None:
    """Return the number that an address or a form names; None for what no row and no count can have."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= DIGITS_MAXIMUM
    return int(text) if is_number else None
