"""When a page was asked for: one reading of the database's clock for all that it shows."""

from datetime import datetime

from django.http import HttpRequest

from scheduling.agenda.clock import database_now


def asked_at(request: HttpRequest) -> datetime:
    at: datetime | None = getattr(request, "asked_at", None)
    if at is None:
        at = request.asked_at = database_now()  # type: ignore[attr-defined]
    return at
