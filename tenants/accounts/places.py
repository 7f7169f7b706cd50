"""Where a request comes from, as the log of log-ins tells it and as throttling counts it."""

import ipaddress

from django.http import HttpRequest

USER_AGENT_MAXIMUM = 255
#: A household gets at least this much of IPv6, so its single addresses say nothing.
IPV6_PREFIX = 64


def address_of(request: HttpRequest) -> str | None:
    """Return the client's address, which `ClientAddressMiddleware` has made sure of."""
    try:
        return str(ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")))
    except ValueError:  # over a unix socket there is none
        return None


def user_agent_of(request: HttpRequest) -> str:
    return request.META.get("HTTP_USER_AGENT", "").replace("\0", "")[:USER_AGENT_MAXIMUM]


def network_of(address: str | None) -> str | None:
    """Return what counts as one place: an IPv4 address, or the first address of an IPv6 /64."""
    if address is None:
        return None
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed), IPV6_PREFIX), strict=False)[0])


def client_network(request: HttpRequest) -> str | None:
    return network_of(address_of(request))
