from datetime import timedelta

import pytest
from django_tenants.utils import tenant_context
from gunicorn.config import Config

from saas.access_log import AccessLogger
from saas.request_log import without_tokens
from tenants.accounts.invitations import password_link
from tenants.accounts.models import User
from tests.people import visitor


@pytest.mark.parametrize(
    ("text", "logged"),
    [
        ("GET /admin/reset/MQ/c1-abc/ HTTP/1.1", "GET /admin/reset/MQ/***/ HTTP/1.1"),
        ("/admin/reset/MQ/set-password/", "/admin/reset/MQ/***/"),
        ("/admin/reset/done/", "/admin/reset/done/"),
        ("/admin/orders/order/", "/admin/orders/order/"),
    ],
)
def test_a_token_is_starred_out(text, logged):
    assert without_tokens(text) == logged


def test_our_log_tells_of_a_link_without_its_token(acme, caplog):
    with tenant_context(acme):
        link = password_link(User.objects.get(email="owner@acme.test"), acme)
    path = "/" + link.split("/", 3)[3]

    visitor("acme").get(path)

    assert "/admin/reset/" in caplog.text
    assert path.split("/")[4] not in caplog.text


class Answer:
    status, sent, headers = "200 OK", 1, ()


class Asked:
    headers = ()


def test_gunicorns_log_tells_of_a_link_without_its_token():
    path = "/admin/reset/MQ/c1-abc/"
    environ = {
        "REQUEST_METHOD": "GET",
        "RAW_URI": path,
        "PATH_INFO": path,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_REFERER": f"http://acme.localhost{path}",
    }

    atoms = AccessLogger(Config()).atoms(Answer(), Asked(), environ, timedelta(seconds=1))

    assert "c1-abc" not in str(atoms["r"]) + str(atoms["U"]) + str(atoms["f"])
