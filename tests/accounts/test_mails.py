"""Whether one gets mail about missed runs: an owner's own choice."""

import pytest
from django_tenants.utils import tenant_context

from tenants.accounts.models import User
from tenants.audit.models import Entry
from tests.people import STAFF, logged_in, make_staff, make_user, owner_of, users_of

MAIL, SECURITY = "/admin/security/mail/", "/admin/security/"


def wants(tenant, email):
    with tenant_context(tenant):
        return User.objects.get(email=email).mail_missed_runs


def test_an_owner_gets_them_until_choosing_otherwise(acme, globex):
    make_user(acme, "second@acme.test", "owner")
    client = owner_of("acme")
    assert "On: you get a mail" in client.get(SECURITY).text

    answer = client.post(MAIL, {}, follow=True)

    assert "Your choice is saved." in answer.text
    assert "On: you get a mail" not in answer.text
    assert not wants(acme, "owner@acme.test")
    assert wants(acme, "second@acme.test")
    assert wants(globex, "owner@globex.test")


def test_the_choice_can_be_taken_back(acme):
    client = owner_of("acme")
    client.post(MAIL, {})

    client.post(MAIL, {"mail_missed_runs": "on"})

    assert wants(acme, "owner@acme.test")


def test_nothing_else_of_a_user_is_written_by_the_page(acme):
    owner_of("acme").post(MAIL, {"mail_missed_runs": "on", "role": "viewer", "email": "x@x.test"})

    assert [(user.email, user.role) for user in users_of("acme")] == [("owner@acme.test", "owner")]


@pytest.mark.parametrize("role", ["manager", "viewer"])
def test_who_gets_no_such_mail_has_nothing_to_choose(acme, role):
    make_user(acme, "ada@acme.test", role)
    client = logged_in("acme", "ada@acme.test")

    assert "missed runs" not in client.get(SECURITY).text
    assert client.get(MAIL).status_code == 403


def test_the_platforms_staff_is_told_by_a_setting(db):
    make_staff()

    assert logged_in("platform", STAFF).get(MAIL).status_code == 403


def test_the_choice_is_in_the_audit_log(acme):
    owner_of("acme").post(MAIL, {})

    with tenant_context(acme):
        assert any("mail_missed_runs" in (entry.changes or {}) for entry in Entry.objects.all())
