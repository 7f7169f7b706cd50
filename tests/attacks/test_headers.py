"""What every answer carries, whoever gives it: pages, errors, files, probes, strangers' hosts."""

import pytest
from django.test import override_settings
from django_tenants.utils import tenant_context

from tests.orders.builders import make_order
from tests.people import owner_of, visitor

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
DIRECTIVES = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
]
#: Host, path, and the status that it answers with.
ANSWERS = {
    "a page": ("acme", "/admin/login/", 200),
    "a redirect": ("acme", "/", 302),
    "a page that is not there": ("acme", "/nothing/here/", 404),
    "a static file": ("acme", "/static/admin/css/base.css", 200),
    "a static file that is not there": ("acme", "/static/none.css", 404),
    "a stranger's host": ("nobody.localhost", "/", 404),
    "the platform": ("platform", "/admin/login/", 200),
    "a probe": ("acme", "/health/live", 200),
    "a probe that asks the database": ("acme", "/health/ready", 200),
}


def fetch(client, path, **options):
    """Get an answer and read it to its end, as a browser does."""
    answer = client.get(path, **options)
    if answer.streaming:
        assert b"".join(answer.streaming_content)
    return answer


def assert_armoured(answer):
    assert {name: answer.get(name) for name in EVERYWHERE} == EVERYWHERE
    assert sorted(answer["Content-Security-Policy"].split("; ")) == sorted(DIRECTIVES)
    assert "camera=()" in answer["Permissions-Policy"]


@pytest.mark.parametrize(("host", "path", "status"), ANSWERS.values(), ids=ANSWERS)
def test_every_answer_is_armoured(acme, host, path, status):
    answer = fetch(visitor(host), path)

    assert answer.status_code == status
    assert_armoured(answer)


def test_a_suspended_tenants_answer_is_armoured(acme):
    type(acme).objects.filter(pk=acme.pk).update(state="suspended")

    answer = visitor("acme").get("/")

    assert answer.status_code == 403
    assert_armoured(answer)


def test_a_download_is_armoured(acme):
    assert_armoured(fetch(owner_of("acme"), "/admin/orders/order/export/"))


@pytest.mark.parametrize("status", [403, 413])
def test_a_refusal_is_armoured(acme, status):
    client = visitor("acme")
    client.handler.enforce_csrf_checks = True
    body = {"x": "y" * (2 * 1024**2)} if status == 413 else {"x": "y"}

    answer = client.post("/admin/login/", body)

    assert answer.status_code == status
    assert_armoured(answer)


def test_an_error_of_ours_is_armoured(acme, monkeypatch):
    client = visitor("acme")
    client.raise_request_exception = False
    monkeypatch.setattr("tenants.names.normal_host", None)
    monkeypatch.setattr("tenants.middleware.normal_host", None)

    answer = client.get("/admin/login/")

    assert answer.status_code == 500
    assert_armoured(answer)


def test_other_sites_learn_nothing_from_a_referrer(acme):
    """A page's own forms need one: with "no-referrer" browsers send them with `Origin: null`."""
    client = visitor("acme")

    assert fetch(client, "/admin/login/")["Referrer-Policy"] == "same-origin"
    assert fetch(client, "/static/admin/css/base.css")["Referrer-Policy"] == "no-referrer"
    assert fetch(client, "/health/live")["Referrer-Policy"] == "no-referrer"


@override_settings(SECURE_SSL_REDIRECT=True, SECURE_HSTS_SECONDS=31536000)
def test_over_https_browsers_are_told_to_stay_there(acme):
    client = visitor("acme")

    for path in ("/admin/login/", "/health/live", "/static/admin/css/base.css"):
        answer = fetch(client, path, secure=True)
        assert answer["Strict-Transport-Security"].startswith("max-age=31536000")


@override_settings(SECURE_SSL_REDIRECT=True)
def test_a_strangers_host_is_not_sent_anywhere(acme):
    assert visitor("acme").get("/admin/")["Location"].startswith("https://acme.localhost/")
    answer = visitor("evil.test").get("/admin/")

    assert answer.status_code == 404
    assert "Location" not in answer


def test_a_form_from_another_site_is_refused_and_one_of_ours_is_not(acme):
    client = visitor("acme")
    client.handler.enforce_csrf_checks = True
    token = client.get("/admin/login/").context["csrf_token"]
    form = {"username": "a", "password": "b", "csrfmiddlewaretoken": str(token)}

    assert (
        client.post("/admin/login/", form, headers={"Origin": "http://acme.localhost"}).status_code
        == 200
    )
    for origin in ("http://evil.test", "http://globex.localhost", "null"):
        answer = client.post("/admin/login/", form, headers={"Origin": origin})
        assert answer.status_code == 403


# Size ----------------------------------------------------------------------------------------
LARGE = 2 * 1024**2


@pytest.mark.parametrize("path", ["/admin/login/", "/nothing/here/", "/health/live"])
def test_a_large_body_is_refused_in_one_line_before_it_is_read(acme, path):
    body = Unread(LARGE)

    answer = visitor("acme").generic("POST", path, b"", **body.environment())

    assert (answer.status_code, answer["Content-Type"]) == (413, "text/plain")
    assert answer.content == b"Too large: send less at once.\n"
    assert body.read_bytes == 0


class Unread:
    """A body that counts what is read of it."""

    def __init__(self, size):
        self.size, self.read_bytes = size, 0

    def environment(self):
        return {"CONTENT_LENGTH": str(self.size), "wsgi.input": self}

    def read(self, size=-1):
        self.read_bytes += self.size
        return b"x" * self.size

    readline = read

    def close(self):
        pass


@pytest.mark.parametrize(
    "form",
    [
        {f"field{number}": "x" for number in range(1001)},
        {f"_selected_action{number}": "1" for number in range(5000)},
    ],
    ids=["one too many", "far too many"],
)
def test_too_many_fields_are_refused_and_are_no_error_of_ours(acme, form):
    assert owner_of("acme").post("/admin/orders/order/", form).status_code == 413


def test_a_form_of_an_upload_is_no_way_to_fill_memory(acme):
    client = owner_of("acme")

    answer = client.post("/admin/orders/orderfile/add/", {"dry_run": "x" * LARGE})

    assert answer.status_code == 413


def test_a_file_is_taken_where_files_are_sent_and_nowhere_else(acme, media, tmp_path):
    client = owner_of("acme")
    file = tmp_path / "orders.csv"
    file.write_bytes(b"number,placed_at,total\n" + b"\n" * LARGE)

    with file.open("rb") as content:
        assert client.post("/admin/orders/orderfile/add/", {"file": content}).status_code == 302
    with file.open("rb") as content:
        assert client.post("/admin/orders/order/add/", {"file": content}).status_code == 413


def test_an_ordinary_form_passes(acme):
    with tenant_context(acme):
        order = make_order()

    assert owner_of("acme").post(f"/admin/orders/order/{order.pk}/change/", {}).status_code == 200
