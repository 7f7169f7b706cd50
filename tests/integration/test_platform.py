"""The platform's staff at work: a tenant by a form, made by the platform worker, and its life."""

from __future__ import annotations

import quopri
import re
import time

import pytest

from tests.integration.person import Person
from tests.integration.stack import PASSWORD

pytestmark = pytest.mark.integration

STAFF = "staff@platform.test"


@pytest.fixture(scope="module")
def staff(stack):
    stack.environment["DJANGO_SUPERUSER_PASSWORD"] = PASSWORD
    stack.manage("createsuperuser", "--noinput", "--email", STAFF)
    person = Person("localhost", stack.web_port)
    assert "Log out" in person.log_in(STAFF, PASSWORD).text
    return person


@pytest.fixture
def slug():
    return f"hooli-{time.monotonic_ns()}"


def state_of(stack, slug):
    return stack.sql("SELECT state FROM tenants_tenant WHERE slug = %s", slug)[0][0]


def order(staff, slug, **answers):
    return staff.submit(
        "/admin/tenants/tenant/add/",
        **{
            "slug": slug,
            "name": "Hooli",
            "timezone": "Asia/Kolkata",
            "currency": "INR",
            "owner_email": "gavin@hooli.test",
        }
        | answers,
    )


def invitation_link(stack, slug):
    """Return the link that the platform worker mailed to the owner, to its console."""
    text = quopri.decodestring(stack.log("platform-worker").read_bytes()).decode()
    found = re.findall(rf"http://{slug}\.localhost:\d+(/\S+)", text)
    return found[-1] if found else None


def test_a_tenant_ordered_by_form_is_made_and_its_owner_gets_in(stack, staff, slug):
    order(staff, slug)
    stack.wait_until(lambda: state_of(stack, slug) == "active", 30, "the tenant")
    path = stack.wait_until(lambda: invitation_link(stack, slug), 10, "the invitation")
    owner = Person(f"{slug}.localhost", stack.web_port)

    owner.submit(path, new_password1=PASSWORD, new_password2=PASSWORD)

    assert "Log out" in owner.log_in("gavin@hooli.test", PASSWORD).text
    assert "Asia/Kolkata" in owner.get("/admin/scheduling/schedule/").text
    assert "active" in staff.get(f"/admin/tenants/tenant/?q={slug}").text


def test_a_bad_order_is_told_at_its_field_and_makes_nothing(stack, staff):
    before = stack.sql("SELECT count(*) FROM tenants_tenant")

    for answers, message in (
        ({"slug": "www"}, "reserved"),
        ({"slug": "Not A Slug"}, "slug"),
        ({"timezone": "Mars/Olympus"}, "not one of the available choices"),
        ({"owner_email": "nobody"}, "valid email"),
        ({"domain": "localhost"}, "already in use"),
    ):
        page = order(staff, **{"slug": f"hooli-{time.monotonic_ns()}"} | answers)
        assert page.status == 200
        assert message in page.text

    assert stack.sql("SELECT count(*) FROM tenants_tenant") == before


def test_neither_side_lets_the_others_people_in(stack, staff, slug):
    stack.provision(slug, owner_email="owner@hooli.test")
    owner_at_platform = Person("localhost", stack.web_port)
    staff_at_tenant = Person(f"{slug}.localhost", stack.web_port)

    assert "Log out" not in owner_at_platform.log_in("owner@hooli.test", PASSWORD).text
    assert "Log out" not in staff_at_tenant.log_in(STAFF, PASSWORD).text
    staff_at_tenant.cookies = dict(staff.cookies)
    assert "Log out" not in staff_at_tenant.get("/admin/").text


def test_an_unknown_host_gets_a_plain_404(stack):
    page = Person("nobody.localhost", stack.web_port).get("/admin/")

    assert (page.status, page.text) == (404, "Nothing here.\n")


def test_a_suspended_tenants_site_is_closed_until_it_is_resumed(stack, slug):
    stack.provision(slug)
    visitor = Person(f"{slug}.localhost", stack.web_port)
    assert visitor.get("/admin/login/").status == 200

    stack.manage("suspend_tenant", slug)
    assert visitor.get("/admin/login/").status == 403

    stack.manage("resume_tenant", slug)
    assert visitor.get("/admin/login/").status == 200
