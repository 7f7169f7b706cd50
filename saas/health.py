"""Probes, answered before any tenant is looked up: /health/live and /health/ready."""

from collections.abc import Callable

from django.db import connection
from django.db.utils import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse

from tenants.schema import enter_public_schema

Handler = Callable[[HttpRequest], HttpResponse]


class HealthMiddleware:
    """Answers the two probes on any host; every other request passes through."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/health/live":
            return plain("alive")
        if request.path == "/health/ready":
            return readiness()
        return self.get_response(request)


def readiness() -> HttpResponse:
    """200 when Postgres answers a query on the platform's tables, else 503."""
    try:
        enter_public_schema()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM tenants_installation")
    except (DatabaseError, InterfaceError):
        connection.close()
        return plain("Postgres does not answer", status=503)
    return plain("ready")


def plain(text: str, status: int = 200) -> HttpResponse:
    return HttpResponse(f"{text}\n", content_type="text/plain", status=status)
