"""Requests in logs: without what lets somebody in."""

import re

from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware

#: The link of a mail sets a password: whoever reads it in a log before its owner used it could.
TOKEN = re.compile(r"(/reset/[^/\s]+/)[^/\s]+")


def without_tokens(text: str) -> str:
    return TOKEN.sub(r"\1***", text)


class RequestLogMiddleware(RequestMiddleware):
    """Logs method and path; what is asked for in a query may be somebody's name."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return without_tokens(f"{request.method} {request.path}")
