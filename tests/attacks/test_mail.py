"""Mails: no name adds a header, and no request says where a link leads."""

import pytest
from django.core import mail
from django_tenants.utils import tenant_context

from tenants.accounts.invitations import invite
from tenants.accounts.models import User
from tests.people import visitor

BREAKS = ["\r\n", "\n", "\r", "\u2028", "\x0b", "\x85"]


@pytest.fixture
def owner(acme):
    with tenant_context(acme):
        return User.objects.get()


@pytest.mark.parametrize("line_break", BREAKS, ids=repr)
def test_a_name_with_a_line_break_adds_no_header(acme, owner, line_break):
    acme.name = owner.full_name = f"Acme{line_break}Bcc: all@evil.test"

    invite(owner, acme)

    (sent,) = mail.outbox
    message = sent.message()
    assert message["Bcc"] is None
    assert sent.recipients() == ["owner@acme.test"]
    assert message["Subject"].splitlines()[1:] == []
    # Nor a line of the text that would be taken for the platform's own.
    assert not any(line.startswith("Bcc:") for line in sent.body.splitlines())


@pytest.mark.parametrize("line_break", BREAKS, ids=repr)
def test_no_address_with_a_line_break_can_be_asked_for(acme, line_break):
    address = f"owner@acme.test{line_break}Bcc: all@evil.test"

    visitor("acme").post("/admin/password_reset/", {"email": address})

    assert mail.outbox == []


def test_the_sender_is_the_platform_whatever_a_tenant_is_called(acme, owner, settings):
    acme.name = '"Your Bank" <service@bank.test>'

    invite(owner, acme)

    (sent,) = mail.outbox
    assert sent.from_email == settings.DEFAULT_FROM_EMAIL
    assert sent.message()["From"] == settings.DEFAULT_FROM_EMAIL


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "acme.localhost:8000@evil.test"},
        {"X-Forwarded-Host": "evil.test"},
        {"X-Host": "evil.test", "Forwarded": "host=evil.test"},
    ],
)
def test_a_link_leads_to_the_stored_domain_alone(acme, headers):
    client = visitor(headers.get("Host", "acme"))

    client.post("/admin/password_reset/", {"email": "owner@acme.test"}, headers=headers)

    assert all("evil.test" not in sent.body for sent in mail.outbox)
    assert all("//acme.localhost" in sent.body for sent in mail.outbox)
    assert len(mail.outbox) == ("Host" not in headers)
