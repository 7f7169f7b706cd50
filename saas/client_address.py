"""Who sent a request: the proxies' word counts only where they are ours."""

import ipaddress
from collections.abc import Callable, Sequence

from django.conf import settings
from django.http import HttpRequest, HttpResponse

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class ClientAddressMiddleware:
    """Puts the client's address into REMOTE_ADDR, where throttling, audit and logs look for it.

    X-Forwarded-For is read from its end, through the addresses in `TRUSTED_PROXIES`, and then taken
    away, so that nothing behind this can believe what a client wrote into it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.trusted = [ipaddress.ip_network(proxy) for proxy in settings.TRUSTED_PROXIES]

    def __call__(self, request: HttpRequest) -> HttpResponse:
        forwarded = request.META.pop("HTTP_X_FORWARDED_FOR", "")
        hops = [*forwarded.split(","), request.META.get("REMOTE_ADDR", "")]
        request.META["REMOTE_ADDR"] = client_of(hops, self.trusted)
        return self.get_response(request)


def client_of(hops: Sequence[str], trusted: Sequence[Network]) -> str:
    """Return the last of `hops` (client first, nearest last) that is not one of our proxies.

    What is no address ends the search: a proxy of ours writes none, so the hop after it counts.
    """
    client = hops[-1].strip()
    for hop in reversed(hops):
        try:
            address = address_in(hop)
        except ValueError:
            break
        client = str(address)
        if not any(address in network for network in trusted):
            break
    return client


def address_in(hop: str) -> Address:
    """Return the address that a hop is written as; raises ValueError when it is none.

    A dual-stack socket writes IPv4 as `::ffff:192.0.2.7`, and a neighbour's with a zone as in
    `fe80::1%eth0`, in which no network of `TRUSTED_PROXIES` is, and which Postgres cannot store.
    """
    address = ipaddress.ip_address(hop.strip().partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
