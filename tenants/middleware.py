"""Which tenant a request is for: by its exact host, never by a fallback."""

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django_tenants.middleware import TenantMainMiddleware

from tenants.models import Tenant
from tenants.names import normal_host
from tenants.schema import enter_public_schema, enter_schema_of, use_login_of_site

SUSPENDED_STATUS = 403


class TenantMiddleware(TenantMainMiddleware):
    """Enters the schema of the tenant that owns the host; an unknown host gets a plain 404.

    Only `Host` counts (`X-Forwarded-Host` is ignored), compared without case, port and trailing dot.
    """

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        enter_public_schema()
        use_login_of_site(platform=False)
        tenant = self.tenant_of(normal_host(request.META.get("HTTP_HOST", "")))
        if tenant is None:
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

    @staticmethod
    def tenant_of(host: str) -> Tenant | None:
        found = Tenant.objects.raw("SELECT * FROM tenants_at_host(%s)", [host])
        return next(iter(found), None)


def not_found() -> HttpResponse:
    return HttpResponseNotFound("Nothing here.\n", content_type="text/plain")


def suspended() -> HttpResponse:
    return HttpResponse(
        "This site is suspended. Please contact support.\n",
        content_type="text/plain",
        status=SUSPENDED_STATUS,
    )
