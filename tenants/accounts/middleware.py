"""Shows times in the viewer's zone: the user's own, else the tenant's."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse
from django.utils import timezone, translation


class TimeZoneMiddleware:
    """Activates the user's time zone and language for the request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        zone = getattr(user, "timezone", "") or request.tenant.timezone  # type: ignore[attr-defined]
        if user.is_authenticated:
            translation.activate(user.language)
        with timezone.override(ZoneInfo(zone)):
            response = self.get_response(request)
            # A lazily rendered page shows times too, so it is rendered in here.
            if isinstance(response, SimpleTemplateResponse):
                response.render()
        return response
