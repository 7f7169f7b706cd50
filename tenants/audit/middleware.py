"""Has what a request changes name who sent it."""

from collections.abc import Callable
from functools import partial

from django.http import HttpRequest, HttpResponse

from tenants.audit.authors import acting, visitor


class AuditMiddleware:
    """Stands behind authentication. auditlog's own believes whatever X-Forwarded-For says."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with acting(partial(visitor, request)):
            return self.get_response(request)
