"""People at their browsers: Django's test client on one host, logged in as somebody."""

import re

from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context, tenant_context

from tenants.accounts.models import User
from tenants.models import Tenant
from tenants.schema import enter_public_schema

PASSWORD = "correct horse battery"
NEW_PASSWORD = "a brand new passphrase"
STAFF = "staff@platform.test"
HOSTS = {"acme": "acme.localhost", "globex": "globex.localhost", "platform": "localhost"}


class Visitor(Client):
    """Leaves the test's connection on the platform's side, where a real server's is another one."""

    def request(self, **request):
        try:
            return super().request(**request)
        finally:
            enter_public_schema()


def visitor(host):
    return Visitor(HTTP_HOST=HOSTS.get(host, host))


def logged_in(host, username, password=PASSWORD):
    """Return a client that logged in through the form, as a person does."""
    client = visitor(host)
    answer = log_in(client, username, password)
    assert answer.status_code == 302, "the log-in was refused"
    return client


def log_in(client, username, password=PASSWORD):
    return client.post("/admin/login/?next=/admin/", {"username": username, "password": password})


def make_user(tenant, email, role="viewer", password=PASSWORD, **fields):
    with tenant_context(tenant):
        return User.objects.create_user(email, password, role=role, **fields)


def make_staff(email=STAFF):
    with schema_context("public"):
        return User.objects.create_superuser(email, PASSWORD)


def owner_of(slug):
    return logged_in(slug, f"owner@{slug}.test")


def users_of(tenant):
    with tenant_context(Tenant.objects.get(slug=tenant)):
        return list(User.objects.order_by("pk"))


def do(client, model, action, rows, **answers):
    """Tick rows of a list and choose an action."""
    ticked = {"_selected_action": [str(row) for row in rows], "action": action, **answers}
    return client.post(f"/admin/{model}/", ticked)


def errors_of(answer):
    """Return the errors that a page shows at its fields."""
    return {
        name: " ".join(messages)
        for name, messages in answer.context["adminform"].form.errors.items()
    }


def queries_for(client, address):
    """Return how many queries a page takes."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def told(answer):
    """Return what the next page will say."""
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def link_in(text, host):
    """Return the path of the link to `host` in a mail."""
    (path,) = re.findall(rf"http://{re.escape(host)}(?::\d+)?(/\S+)", text)
    return path


def ask_for_reset(host, email, **headers):
    return visitor(host).post("/admin/password_reset/", {"email": email}, headers=headers)


def set_password(host, path, password=NEW_PASSWORD):
    """Open a link of a mail and fill in its form."""
    client = visitor(host)
    page = client.get(path)
    if page.status_code != 302:
        return page
    answers = {"new_password1": password, "new_password2": password}
    return client.post(page["Location"], answers, follow=True)
