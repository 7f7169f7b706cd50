"""The headers that every answer carries, also one that no other middleware has seen."""

from django.http import HttpRequest, HttpResponse
from django.middleware.security import SecurityMiddleware

from saas.policies import PERMISSIONS_POLICY


class HeadersMiddleware(SecurityMiddleware):
    """Stands first. Django's own, further in, redirects to HTTPS, which must know the host."""

    def process_request(self, request: HttpRequest) -> None:
        return None

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if response.get("Content-Type", "").startswith("text/html"):
            # With "no-referrer" browsers send `Origin: null` with a form, which Django's protection
            # against forged requests refuses. This one tells other sites no more than that.
            response["Referrer-Policy"] = "same-origin"
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return super().process_response(request, response)
