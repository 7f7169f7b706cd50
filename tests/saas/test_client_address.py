import ipaddress

import pytest
from django.http import HttpResponse

from saas.client_address import ClientAddressMiddleware, client_of

PROXIES = [ipaddress.ip_network("10.0.0.0/8")]


@pytest.mark.parametrize(
    ("hops", "client"),
    [
        (["192.0.2.1"], "192.0.2.1"),
        (["198.51.100.7", "192.0.2.1"], "192.0.2.1"),  # written by the client: not believed
        (["198.51.100.7", "10.0.0.2"], "198.51.100.7"),
        (["1.1.1.1", " 198.51.100.7", "10.0.0.3", "10.0.0.2"], "198.51.100.7"),
        (["nonsense", "10.0.0.2"], "10.0.0.2"),
        (["", "10.0.0.2"], "10.0.0.2"),
        (["10.0.0.9", "10.0.0.2"], "10.0.0.9"),
        (["2001:db8::1", "10.0.0.2"], "2001:db8::1"),
        (["198.51.100.7", "::ffff:10.0.0.2"], "198.51.100.7"),  # a dual-stack socket's proxy
        (["::ffff:192.0.2.1"], "192.0.2.1"),
        (["fe80::1%eth0"], "fe80::1"),
        ([""], ""),  # a unix socket
    ],
)
def test_the_last_hop_that_is_no_proxy_of_ours_is_the_client(hops, client):
    assert client_of(hops, PROXIES) == client


def test_nothing_behind_it_sees_what_was_forwarded(rf, settings):
    settings.TRUSTED_PROXIES = ["10.0.0.2"]
    seen = {}

    def view(request):
        seen.update(request.META)
        return HttpResponse()

    request = rf.get("/", REMOTE_ADDR="10.0.0.2", headers={"X-Forwarded-For": "198.51.100.7"})
    ClientAddressMiddleware(view)(request)

    assert seen["REMOTE_ADDR"] == "198.51.100.7"
    assert "HTTP_X_FORWARDED_FOR" not in seen
