"""How pages come to a tenant's looks: a name, a stylesheet and a logo, also where nobody is logged in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from tenants.branding import logos
from tenants.branding.colours import FULL, WHITE, Colour, colour_in
from tenants.branding.models import Branding
from tenants.models import Tenant

#: How much of its light a colour keeps where it stands for something pressed or lower down.
DARKER = 0.75
STYLESHEET = """html:root {{
    --header-bg: {accent};
    --header-color: {text};
    --header-branding-color: {text};
    --header-link-color: {text};
    --breadcrumbs-bg: {darker};
    --breadcrumbs-fg: {text};
    --breadcrumbs-link-fg: {text};
    --button-fg: {text};
    --button-bg: {accent};
    --button-hover-bg: {darker};
    --default-button-bg: {darker};
    --default-button-hover-bg: {accent};
}}
#site-name a:link, #site-name a:visited {{ color: {text}; }}
"""
FOR_EVER, ASK_AGAIN = "private, max-age=31536000, immutable", "private, no-cache"


@dataclass(frozen=True)
class Brand:
    """What a page shows; empty on the platform's site, which looks as it always does."""

    name: str = ""
    stylesheet: str = ""
    logo: str = ""


def branding(request: HttpRequest) -> dict[str, Any]:
    """A context processor. Takes one query, on pages that show the brand."""
    return {"brand": SimpleLazyObject(lambda: brand_of(getattr(request, "tenant", None)))}


def brand_of(tenant: Tenant | None) -> Brand:
    if tenant is None or tenant.is_platform:
        return Brand()
    chosen = Branding.current()
    return Brand(
        chosen.display_name or tenant.name,
        address("branding_stylesheet", chosen) if chosen.accent else "",
        address("branding_logo", chosen) if chosen.logo else "",
    )


def address(name: str, chosen: Branding) -> str:
    try:
        return f"{reverse(f'admin:{name}')}?v={chosen.version}"
    except NoReverseMatch:
        return ""


def stylesheet(request: HttpRequest) -> HttpResponse:
    """Answer with the colours, in a file of their own: no page carries a style of its own."""
    chosen = Branding.current()
    accent = colour_in(chosen.accent)
    if accent is None or not FULL.fullmatch(chosen.accent):
        raise Http404
    return answer(request, chosen, colours_of(accent).encode(), "text/css; charset=utf-8")


def colours_of(accent: Colour) -> str:
    return STYLESHEET.format(accent=accent, darker=accent.darkened(DARKER), text=WHITE)


def logo(request: HttpRequest) -> HttpResponse:
    """Answer with the logo, as a picture and nothing else, whatever is in it."""
    chosen = Branding.current()
    try:
        content, kind = logos.read(chosen.logo) if chosen.logo else (b"", "")
    except FileNotFoundError:
        raise Http404 from None
    if not content:
        raise Http404
    given = answer(request, chosen, content, kind)
    given["Content-Security-Policy"] = "default-src 'none'; sandbox"
    given["Content-Disposition"] = "inline"
    return given


def answer(request: HttpRequest, chosen: Branding, content: bytes, kind: str) -> HttpResponse:
    """Browsers may keep what was asked for by its version."""
    asked = request.GET.get("v", "")
    kept = FOR_EVER if asked == str(chosen.version) else ASK_AGAIN
    headers = {"Cache-Control": kept, "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type=kind, headers=headers)
