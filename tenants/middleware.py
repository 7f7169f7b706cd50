"""Which tenant a request is for: by its exact host, never by a fallback."""

from contextlib import ExitStack

import structlog
from django.conf import settings
from django.db import DataError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django_tenants.middleware import TenantMainMiddleware
from psycopg2.errors import LockNotAvailable, QueryCanceled

from tenants.fairness import Share
from tenants.hosts import HostDirectory
from tenants.models import Tenant
from tenants.names import normal_host
from tenants.schema import enter_public_schema, enter_schema_of, forget_session, use_login_of_site

logger = structlog.get_logger(__name__)

SUSPENDED_STATUS = 403
TOO_MANY_STATUS = 429
UNAVAILABLE_STATUS = 503
BAD_REQUEST_STATUS = 400
#: How Postgres ends a statement that takes, or waits, too long.
ENDED = (QueryCanceled, LockNotAvailable)


class TenantMiddleware(TenantMainMiddleware):
    """Enters the schema of the tenant that owns the host; an unknown host gets a plain 404.

    Only `Host` counts (`X-Forwarded-Host` is ignored), compared without case, port and trailing dot.
    """

    def __init__(self, get_response: object) -> None:
        super().__init__(get_response)
        self.hosts = HostDirectory()
        self.share = Share()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        refusal = self.process_request(request)
        if refusal is not None:
            return refusal
        if request.path.startswith(settings.STATIC_URL):
            return self.get_response(request)
        return self.answer_in_turn(request)

    def answer_in_turn(self, request: HttpRequest) -> HttpResponse:
        """Answer within the tenant's share of this process, or with 429.

        An answer that is streamed has its thread, and so its place, until it is closed: a file that
        somebody reads slowly would otherwise hold a thread that nobody counts.
        """
        tenant_id = request.tenant.pk  # type: ignore[attr-defined]
        with ExitStack() as place:
            taken = self.share.taken(tenant_id, settings.TENANT_REQUESTS_AT_ONCE)
            if not place.enter_context(taken):
                return too_many()
            response: HttpResponse = self.get_response(request)
            if response.streaming:
                response._resource_closers.append(place.pop_all().close)  # type: ignore[attr-defined]
        return response

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        enter_public_schema()
        use_login_of_site(platform=False)
        forget_session()
        tenant = self.hosts.find(normal_host(request.META.get("HTTP_HOST", "")))
        if tenant is None or not is_served_here(tenant):
            return not_found()
        if tenant.state == Tenant.State.SUSPENDED:
            return suspended()
        if not tenant.is_active:
            return not_found()
        request.tenant = tenant  # type: ignore[attr-defined]
        use_login_of_site(platform=tenant.is_platform)
        enter_schema_of(tenant)
        self.setup_url_routing(request)
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer plainly when Postgres ended a statement, or cannot make sense of what was asked."""
        if isinstance(error, OperationalError) and isinstance(error.__cause__, ENDED):
            reason = str(error).strip()
            logger.warning("statement ended by Postgres", path=request.path, reason=reason)
            return too_long()
        # A filter in an address that somebody made up: a pattern, number or year that none can be.
        is_made_up = request.method == "GET" and isinstance(error, DataError | OverflowError)
        return plain("Bad request.", BAD_REQUEST_STATUS) if is_made_up else None


def is_served_here(tenant: Tenant) -> bool:
    """Whether this process answers for this kind of site; see SITES in the settings."""
    return settings.SITES in {"all", "platform" if tenant.is_platform else "tenants"}


def not_found() -> HttpResponse:
    return HttpResponseNotFound("Nothing here.\n", content_type="text/plain")


def suspended() -> HttpResponse:
    return plain("This site is suspended. Please contact support.", SUSPENDED_STATUS)


def too_many() -> HttpResponse:
    return plain("Too many requests of this site at once. Please try again.", TOO_MANY_STATUS)


def too_long() -> HttpResponse:
    return plain("This took too long and was not done. Please try again.", UNAVAILABLE_STATUS)


def plain(text: str, status: int) -> HttpResponse:
    headers = {"Retry-After": "1"} if status in {TOO_MANY_STATUS, UNAVAILABLE_STATUS} else {}
    return HttpResponse(f"{text}\n", content_type="text/plain", status=status, headers=headers)
