"""The audit log on the two sites: who reads it, filters it and takes it away."""

import csv
from io import StringIO

import pytest
from django_tenants.utils import tenant_context

from tenants import lifecycle
from tenants.audit.models import Entry
from tests.people import logged_in, make_staff, make_user, owner_of

LIST = "/admin/audit/entry/"


@pytest.fixture
def busy(acme, globex):
    """Two tenants, in each of which somebody was added by its owner."""
    for tenant in (acme, globex):
        make_user(tenant, f"ann@{tenant.slug}.test")
    return acme


def lines(answer):
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(StringIO(text)))


def test_the_owner_reads_the_own_log_and_no_other(busy):
    page = owner_of("acme").get(LIST).text

    assert "ann@acme.test" in page
    assert "ann@globex.test" not in page


def test_the_platforms_staff_read_the_platforms_log(busy):
    make_staff()
    lifecycle.suspend("globex", "unpaid")

    page = logged_in("platform", "staff@platform.test").get(LIST).text

    assert "unpaid" in page
    assert "ann@" not in page


@pytest.mark.parametrize("role", ["manager", "viewer"])
def test_only_owners_read_it(acme, role):
    make_user(acme, "ann@acme.test", role)
    client = logged_in("acme", "ann@acme.test")

    assert client.get(LIST).status_code == 403
    assert client.get(f"{LIST}export/").status_code == 403
    assert "audit" not in client.get("/admin/").text


def test_an_entry_is_shown_with_all_that_is_known(busy):
    with tenant_context(busy):
        entry = Entry.objects.get(object_repr="ann@acme.test")

    page = owner_of("acme").get(f"{LIST}{entry.pk}/change/").text

    assert "role: - → viewer" in page
    assert "program" in page
    assert 'type="submit" value="Save"' not in page


@pytest.mark.parametrize("page", ["add/", "1/delete/"])
def test_nothing_can_be_added_or_deleted(busy, page):
    assert owner_of("acme").post(f"{LIST}{page}", {"post": "yes"}).status_code == 403

    with tenant_context(busy):
        assert Entry.objects.filter(object_repr="ann@acme.test").exists()


def test_the_list_is_filtered_by_who_what_and_when(busy):
    client = owner_of("acme")
    client.post(
        "/admin/accounts/user/add/", {"email": "bob@acme.test", "role": "viewer", "language": "en"}
    )

    page = client.get(
        f"{LIST}?actor=owner@acme.test&action__exact=create&at__gte=2020-01-01T00:00:00Z"
    ).text

    assert "bob@acme.test" in page
    assert "ann@acme.test" not in page


def test_those_who_did_something_are_offered_each_once(busy):
    with tenant_context(busy):
        for actor in ["zoe", "", "Ann", "zoe", "ben"]:
            Entry.objects.create(actor=actor, action="update", model="orders.order", changes={})

    changelist = owner_of("acme").get(LIST).context["cl"]

    (who,) = (spec for spec in changelist.filter_specs if spec.title == "who")
    assert sorted(who.lookup_choices) == [("Ann", "Ann"), ("ben", "ben"), ("zoe", "zoe")]


def test_the_export_holds_the_filtered_list_and_all_of_it(busy):
    rows = lines(owner_of("acme").get(f"{LIST}export/?q=ann"))

    assert [row["object_repr"] for row in rows] == ["ann@acme.test"]
    assert '"role": [null, "viewer"]' in rows[0]["changes"]
    assert rows[0]["at"].endswith("Z")


def test_the_list_has_a_link_to_its_export_as_it_is_filtered(busy):
    assert f'href="{LIST}export/?q=ann"' in owner_of("acme").get(f"{LIST}?q=ann").text
