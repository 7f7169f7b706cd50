"""gunicorn as it is started in production: what it believes of a proxy, and where it binds."""

import http.client
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.stack import ROOT, free_port

pytestmark = pytest.mark.integration

GUNICORN = [str(Path(sys.executable).with_name("gunicorn")), "saas.wsgi"]


def get(stack, path, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", stack.web_port, timeout=20)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response


@pytest.fixture
def secure_web(stack, request):
    """A second gunicorn on the stack's database, with HTTPS=1 and the proxies the test trusts."""
    plain, stack.web_port = stack.web_port, free_port()
    before, stack.environment = (
        stack.environment,
        stack.environment
        | {
            "HTTPS": "1",
            "TRUSTED_PROXIES": request.param,
        },
    )
    own, stack.processes = stack.processes, {}
    stack.start_web()
    stack.wait_until_ready()
    yield stack
    stack.stop_all()
    stack.web_port, stack.environment, stack.processes = plain, before, own


@pytest.mark.parametrize("secure_web", [""], indirect=True)
def test_a_stranger_cannot_say_that_it_came_by_https(secure_web):
    answer = get(secure_web, "/admin/login/", Host="localhost", **{"X-Forwarded-Proto": "https"})

    assert answer.status == 301
    assert answer.headers["Location"].startswith("https://localhost/")


@pytest.mark.parametrize("secure_web", ["127.0.0.1"], indirect=True)
def test_a_trusted_proxy_can(secure_web):
    answer = get(secure_web, "/admin/login/", Host="localhost", **{"X-Forwarded-Proto": "https"})

    assert answer.status == 200
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-csrftoken=")
    assert "Secure" in cookie
    assert "Domain=" not in cookie
    assert "max-age=" in answer.headers["Strict-Transport-Security"]


def test_plain_http_is_not_served_to_other_machines(stack):
    refused = subprocess.run(
        [*GUNICORN, "-b", f"0.0.0.0:{free_port()}"],
        cwd=ROOT,
        env=os.environ | stack.environment,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert refused.returncode != 0
    assert "HTTPS=0 is allowed only while bound to loopback" in refused.stderr
