"""Every form of a tenant's admin, found by its registry, sent with fields that nobody asked for."""

import json

import pytest
from django.apps import apps
from django.db import connection
from django_tenants.utils import tenant_context

from saas.sites import tenant_site
from tests.integration.person import FormReader
from tests.people import make_user, owner_of
from tests.scheduling.schedule_pages import WEEKLY

EXTRA = {
    "is_superuser": "on",
    "is_staff": "on",
    "password": "stolen",
    "tenant": "1",
    "tenant_id": "1",
    "schema_name": "public",
    "queue": "platform",
    "exchange": "x",
    "routing_key": "x",
    "priority": "9",
    "headers": json.dumps({"_schema_name": "public"}),
    "args": "[1]",
    "closed_by_run": "99",
    "last_run_at_0": "2001-01-01",
    "last_run_at_1": "00:00",
    "total_run_count": "99",
    "id": "9999",
    "user_permissions": "1",
    "groups": "1",
}
#: What a person fills in so that each kind of form is valid.
VALID = {
    "accounts.user": {"email": "new@acme.test", "role": "viewer", "language": "en"},
    "orders.order": {"number": "new", "total": "1", "currency": "EUR"},
    "scheduling.schedule": WEEKLY,
}
#: What has no form, or one that takes a file and nothing else (tests/attacks/test_files.py).
READ_ONLY = ["accounts.loginevent", "audit.entry", "orders.dailyreport", "scheduling.run"]
FILES = ["orders.orderfile"]
#: What has one row, which is there from the beginning.
SINGLE = ["orders.closingrules", "scheduling.runretention", "branding.branding"]
STOLEN = ("stolen", "99", "9999", "platform", "public", "2001-01-01", '{"_schema_name": "public"}')


def forms():
    """Return the models that a tenant's admin can write, found rather than listed."""
    labels = {model._meta.label_lower for model in tenant_site._registry}
    return sorted(labels - {*READ_ONLY, *FILES, *SINGLE})


def columns_of(tenant, table):
    with tenant_context(tenant), connection.cursor() as cursor:
        cursor.execute(f"SELECT to_jsonb(row.*) FROM {table} AS row ORDER BY id")
        return [json.loads(row) for (row,) in cursor.fetchall()]


def send(client, page, answers):
    fields = FormReader.fields_of(client.get(page).content.decode())
    return client.post(page, fields | answers)


@pytest.mark.parametrize("label", forms())
def test_what_was_not_asked_for_is_not_stored(acme, label):
    model = apps.get_model(label)
    pages, table = f"/admin/{label.replace('.', '/')}/", model._meta.db_table
    owner = owner_of("acme")

    added = send(owner, f"{pages}add/", EXTRA | VALID[label])
    row = columns_of(acme, table)[-1]
    changed = send(owner, f"{pages}{row['id']}/change/", EXTRA | VALID[label])

    assert (added.status_code, changed.status_code) == (302, 302)
    assert_nothing_is_stolen(acme, table)


@pytest.mark.parametrize("label", SINGLE)
def test_what_was_not_asked_for_is_not_stored_in_a_single_row(acme, label):
    page = f"/admin/{label.replace('.', '/')}/1/change/"

    changed = send(owner_of("acme"), page, EXTRA)

    assert changed.status_code == 302
    assert_nothing_is_stolen(acme, apps.get_model(label)._meta.db_table)


def assert_nothing_is_stolen(tenant, table):
    for row in columns_of(tenant, table):
        assert not {str(value) for value in row.values()} & set(STOLEN)
        assert not row.get("is_superuser")


@pytest.mark.parametrize("label", READ_ONLY)
def test_what_is_only_read_has_no_form(acme, label):
    assert owner_of("acme").post(f"/admin/{label.replace('.', '/')}/add/", EXTRA).status_code == 403


@pytest.mark.parametrize("role", ["platform", "superuser", ""])
def test_no_role_beyond_the_tenants_own_is_given(acme, role):
    user = make_user(acme, "helper@acme.test")
    page = f"/admin/accounts/user/{user.pk}/change/"

    send(owner_of("acme"), page, {"role": role})

    with tenant_context(acme):
        user.refresh_from_db()
    assert user.role == "viewer"
