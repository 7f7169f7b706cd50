"""Password change and reset: Django's own pages, with links to the tenant's stored host."""

import pytest
from django.core import mail
from django_tenants.utils import tenant_context

from tenants.accounts.invitations import invite
from tenants.accounts.models import User
from tenants.models import Domain
from tests.people import (
    NEW_PASSWORD,
    PASSWORD,
    STAFF,
    ask_for_reset,
    link_in,
    log_in,
    make_staff,
    make_user,
    owner_of,
    set_password,
    visitor,
)


def test_a_forgotten_password_is_replaced_by_a_link_in_a_mail(acme):
    ask_for_reset("acme", "Owner@Acme.test")

    (message,) = mail.outbox
    answer = set_password("acme", link_in(message.body, "acme.localhost"))

    assert message.to == ["owner@acme.test"]
    assert b'href="/admin/login/"' in answer.content
    assert log_in(visitor("acme"), "owner@acme.test", NEW_PASSWORD).status_code == 302
    assert log_in(visitor("acme"), "owner@acme.test", PASSWORD).status_code == 200


def test_a_link_works_once(acme):
    ask_for_reset("acme", "owner@acme.test")
    path = link_in(mail.outbox[0].body, "acme.localhost")
    set_password("acme", path)

    set_password("acme", path, "yet another passphrase")

    assert log_in(visitor("acme"), "owner@acme.test", NEW_PASSWORD).status_code == 302


def test_the_link_leads_to_the_primary_domain_whatever_the_request_says(acme):
    Domain.objects.create(tenant=acme, domain="orders.acme.test", is_primary=True)

    ask_for_reset("acme", "owner@acme.test", **{"X-Forwarded-Host": "evil.test"})

    body = mail.outbox[0].body
    assert link_in(body, "orders.acme.test")
    assert "evil.test" not in body
    assert "acme.localhost" not in body


def test_a_link_of_one_tenant_is_nothing_at_another(acme, globex):
    """Not even for the same user id, address and password hash."""
    with tenant_context(acme):
        columns = ("id", "email", "password", "last_login")
        (copied,) = User.objects.filter(email="owner@acme.test").values(*columns)
    with tenant_context(globex):
        User.objects.filter(pk=copied["id"]).update(**copied)
    ask_for_reset("acme", "owner@acme.test")
    path = link_in(mail.outbox[0].body, "acme.localhost")

    answer = set_password("globex", path)

    assert b"invalid" in answer.content
    assert log_in(visitor("globex"), "owner@acme.test", PASSWORD).status_code == 302


@pytest.mark.parametrize("host", ["platform", "globex", "acme"])
def test_nobody_learns_who_is_known_here(acme, globex, host):
    make_staff()

    answer = ask_for_reset(host, "nobody@acme.test")

    assert answer["Location"] == "/admin/password_reset/done/"
    assert mail.outbox == []


def test_an_inactive_user_gets_no_link(acme):
    make_user(acme, "gone@acme.test", is_active=False)

    ask_for_reset("acme", "gone@acme.test")

    assert mail.outbox == []


def test_the_platforms_staff_reset_theirs_at_the_platform(db):
    make_staff()

    ask_for_reset("platform", STAFF)
    set_password("platform", link_in(mail.outbox[0].body, "localhost"))

    assert log_in(visitor("platform"), STAFF, NEW_PASSWORD).status_code == 302


def test_a_mail_server_that_is_away_is_not_shown(acme, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = 1

    assert ask_for_reset("acme", "owner@acme.test").status_code == 302


def test_a_password_is_changed_by_its_owner(acme):
    answers = {
        "old_password": PASSWORD,
        "new_password1": NEW_PASSWORD,
        "new_password2": NEW_PASSWORD,
    }

    owner_of("acme").post("/admin/password_change/", answers)

    assert log_in(visitor("acme"), "owner@acme.test", NEW_PASSWORD).status_code == 302
    assert log_in(visitor("acme"), "owner@acme.test", PASSWORD).status_code == 200


def test_an_invitation_speaks_the_language_and_the_host_of_the_invited(acme):
    user = make_user(acme, "new@acme.test", password=None, full_name="Ada <&> Co")

    invite(user, acme)

    (message,) = mail.outbox
    assert "Ada <&> Co" in message.body
    set_password("acme", link_in(message.body, "acme.localhost"))
    assert log_in(visitor("acme"), "new@acme.test", NEW_PASSWORD).status_code == 302
