"""Commands for somebody who locked themselves out."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django_tenants.utils import tenant_context

from tenants.accounts.models import LoginEvent
from tests.authenticator import give_authenticator, is_in
from tests.people import STAFF, log_in, make_staff, make_user, owner_of, visitor

OWNER = "owner@acme.test"


def call(*words):
    out = io.StringIO()
    call_command(*words, "--json", stdout=out)
    return json.loads(out.getvalue())


def lock(host, login):
    for _n in range(5):
        answer = log_in(visitor(host), login, "wrong")
    assert answer.status_code == 429


def test_a_locked_account_is_unlocked(acme, globex):
    make_user(globex, OWNER)
    lock("acme", OWNER)
    lock("globex", OWNER)

    answer = call("unlock_login", "Owner@Acme.test", "--tenant", "acme")

    assert answer == {"tenant": "acme", "login": OWNER, "places": 1}
    assert is_in(owner_of("acme"))
    assert log_in(visitor("globex"), OWNER).status_code == 429


def test_staff_are_unlocked_without_a_tenant(acme):
    make_staff()
    lock("platform", STAFF)

    call("unlock_login", STAFF)

    assert log_in(visitor("platform"), STAFF).status_code == 302


def test_a_lost_second_factor_is_reset(acme):
    client = owner_of("acme")
    give_authenticator(acme, OWNER)

    answer = call("reset_second_factor", OWNER, "--tenant", "acme")

    assert answer == {"tenant": "acme", "login": OWNER, "second_factor": None}
    assert not is_in(client)
    assert is_in(owner_of("acme"))


@pytest.mark.parametrize(
    ("command", "kind"), [("unlock_login", "unlocked"), ("reset_second_factor", "factor_reset")]
)
def test_both_are_logged(acme, command, kind):
    call(command, OWNER, "--tenant", "acme")

    with tenant_context(acme):
        assert LoginEvent.objects.get().kind == kind


@pytest.mark.parametrize("command", ["unlock_login", "reset_second_factor"])
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nobody@acme.test", "--tenant", "acme"], "Nobody logs in as 'nobody@acme.test' here."),
        ([OWNER], f"Nobody logs in as '{OWNER}' here."),
        ([OWNER, "--tenant", "nosuch"], "There is no tenant 'nosuch'."),
    ],
)
def test_a_refusal_is_one_clear_line(acme, command, words, says):
    with pytest.raises(CommandError) as refusal:
        call_command(command, *words)

    assert str(refusal.value) == says
