"""Requests that are larger than anything we ask for: refused before they are read."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import (
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import HttpRequest, HttpResponse, UnreadablePostError

TOO_LARGE_STATUS, UNREADABLE_STATUS = 413, 400


class RequestSizeMiddleware:
    """Answers 413 in one plain line, where Django would answer 400 with a page, or read on.

    A request that does not say how long it is has no body as far as Django is concerned.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if length_of(request) > maximum_for(request.path):
            return too_large()
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        """Read a form here, ahead of the check against forgery, whose errors nobody can catch."""
        try:
            _ = request.POST
        except (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent):
            return too_large()
        except UnreadablePostError:
            return plain("The request broke off.", UNREADABLE_STATUS)
        return None


def length_of(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def maximum_for(path: str) -> int:
    """Return how many bytes may be sent to an address; files only to those that take some."""
    form = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
    return form + settings.ORDER_FILE_MAXIMUM_BYTES if path in settings.UPLOAD_PATHS else form


def too_large() -> HttpResponse:
    return plain("Too large: send less at once.", TOO_LARGE_STATUS)


def plain(text: str, status: int) -> HttpResponse:
    return HttpResponse(f"{text}\n", content_type="text/plain", status=status)
