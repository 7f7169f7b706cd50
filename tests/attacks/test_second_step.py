"""Attacks on the second step: going around it, guessing its codes, and using one twice."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from django_tenants.utils import tenant_context

from tenants.accounts import pending, second_factor
from tenants.accounts.models import User
from tenants.accounts.throttling import ACCOUNT_AND_ADDRESS_LIMIT
from tests.authenticator import (
    at_second_step,
    code,
    give_authenticator,
    give_code,
    is_in,
    require_second_factor,
    wrong_code,
)
from tests.people import PASSWORD, do, log_in, logged_in, make_user, owner_of, visitor

OWNER = "owner@acme.test"


@pytest.mark.parametrize(
    "path", ["", "orders/order/", "security/", "security/enrol/", "password_change/"]
)
def test_the_password_alone_opens_no_page(acme, path):
    give_authenticator(acme, OWNER)
    client = at_second_step("acme", OWNER)

    assert client.get(f"/admin/{path}")["Location"].startswith("/admin/login/")


def test_whoever_has_a_second_factor_cannot_set_up_another_with_the_password_alone(acme):
    give_authenticator(acme, OWNER)
    client = at_second_step("acme", OWNER)

    for ask in (client.get, client.post):
        assert ask("/admin/login/enrol/")["Location"] == "/admin/login/code/"


@pytest.mark.parametrize("path", ["", "orders/order/", "security/", "security/policy/"])
def test_whoever_must_set_one_up_first_reaches_nothing_else(acme, path):
    require_second_factor(acme)
    client = visitor("acme")
    log_in(client, OWNER)

    assert client.get("/admin/login/enrol/").status_code == 200
    assert client.get(f"/admin/{path}")["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("path", ["code/", "enrol/"])
def test_the_second_step_is_nothing_without_the_first(acme, path):
    assert visitor("acme").get(f"/admin/login/{path}")["Location"] == "/admin/login/"


def test_a_code_is_good_once(acme):
    give_authenticator(acme, OWNER)
    first, second = (at_second_step("acme", OWNER) for _n in range(2))
    seen = code()

    give_code(first, seen)
    give_code(second, seen)

    assert (is_in(first), is_in(second)) == (True, False)


def test_a_code_of_another_tenants_authenticator_is_worth_nothing(acme, globex):
    give_authenticator(acme, OWNER)
    give_authenticator(globex, "owner@globex.test", key="ab" * 20)

    client = at_second_step("acme", OWNER)
    give_code(client, code(key="ab" * 20))

    assert not is_in(client)


def test_codes_cannot_be_guessed_one_after_the_other(acme):
    give_authenticator(acme, OWNER)
    client = at_second_step("acme", OWNER)

    give_code(client, wrong_code())
    give_code(client, code())

    assert not is_in(client)


def test_wrong_codes_lock_out_as_wrong_passwords_do(acme):
    codes = give_authenticator(acme, OWNER)
    client = at_second_step("acme", OWNER)

    for _n in range(ACCOUNT_AND_ADDRESS_LIMIT):
        answer = give_code(client, wrong_code())

    assert answer.status_code == 429
    assert give_code(client, codes[0]).status_code == 429
    assert not is_in(client)


def test_guessing_codes_with_a_stolen_session_locks_out_too(acme):
    codes = give_authenticator(acme, OWNER)
    client = at_second_step("acme", OWNER)
    give_code(client, code())

    for guess in [wrong_code()] * ACCOUNT_AND_ADDRESS_LIMIT + codes[:1]:
        answer = client.post("/admin/security/remove/", {"code": guess})

    assert answer.status_code == 429


def test_guessing_the_password_with_a_stolen_session_locks_out_too(acme):
    client = owner_of("acme")
    client.get("/admin/security/enrol/")

    for guess in ["a guess"] * ACCOUNT_AND_ADDRESS_LIMIT + [PASSWORD]:
        answer = client.post("/admin/security/enrol/", {"code": "123456", "password": guess})

    assert answer.status_code == 429


def test_the_second_step_does_not_wait_for_ever(acme):
    codes = give_authenticator(acme, OWNER)
    client = at_second_step("acme", OWNER)

    with time_machine.travel(timezone.now() + pending.PATIENCE + timedelta(seconds=1)):
        give_code(client, codes[0])

    assert not is_in(client)


def test_the_second_step_is_over_when_the_password_changes(acme):
    codes = give_authenticator(acme, OWNER)
    client = at_second_step("acme", OWNER)
    with tenant_context(acme):
        user = User.objects.get(email=OWNER)
        user.set_password("a brand new passphrase")
        user.save()

    give_code(client, codes[0])

    assert not is_in(client)


def test_a_stolen_session_of_an_owner_does_not_reset_the_owners_own_factor(acme):
    give_authenticator(acme, OWNER)
    client = at_second_step("acme", OWNER)
    give_code(client, code())
    with tenant_context(acme):
        owner = User.objects.get(email=OWNER)

    do(client, "accounts/user", "reset_factor", [owner.pk])

    with tenant_context(acme):
        assert second_factor.has_one(owner)


def test_a_viewer_cannot_read_or_change_what_is_an_owners(acme):
    make_user(acme, "ada@acme.test")
    client = logged_in("acme", "ada@acme.test")

    assert client.get("/admin/security/policy/").status_code == 403
    assert client.post("/admin/security/policy/", {}).status_code == 403
