"""Whatever host a request names, in raw bytes to the real server: no error of ours, and no site."""

import socket
from contextlib import closing

import pytest
from hypothesis import strategies as st

from tests.attacks.fuzzing import EXAMPLES, try_all

pytestmark = pytest.mark.integration

#: Bytes of a header's value: anything but the end of its line.
HOST = st.binary(max_size=300).map(lambda raw: raw.translate(None, b"\r\n")) | st.text(
    "localhost.:-[]%/@,;_*0123456789٣LOCALHOST", max_size=40
).map(str.encode)


def status_of(stack, host):
    """Return the status of a request with this host, or None when the server hangs up."""
    request = b"GET /admin/login/ HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n" % host
    with closing(socket.create_connection(("127.0.0.1", stack.web_port), timeout=20)) as link:
        link.sendall(request)
        with link.makefile("rb") as answer:
            line = answer.readline().split()
    return int(line[1]) if line else None


@EXAMPLES
def test_a_host_is_ours_or_refused(stack, examples):
    def check(host):
        ours = host.strip().lower().partition(b":")[0].removesuffix(b".") == b"localhost"
        assert status_of(stack, host) in ({200, 400} if ours else {400, 404, None})

    try_all(check, examples, host=HOST)

    assert status_of(stack, b"localhost") == 200
