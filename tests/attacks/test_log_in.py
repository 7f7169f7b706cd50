"""Attacks on the log-in: guessing, locking others out, and telling who has an account."""

import re
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.signals import user_login_failed
from django.core import mail
from django.db.models import F
from django_tenants.utils import tenant_context

from tenants.accounts import throttling
from tenants.accounts.models import LoginEvent
from tests.authenticator import is_in
from tests.people import (
    NEW_PASSWORD,
    PASSWORD,
    ask_for_reset,
    link_in,
    log_in,
    make_user,
    set_password,
    visitor,
)

OWNER = "owner@acme.test"
WRONG = "wrong"
HERE, AFAR = "192.0.2.7", "198.51.100.9"
FIVE = throttling.ACCOUNT_AND_ADDRESS_LIMIT


def attempt(host, login, password=WRONG, address=HERE, client=None):
    answers = {"username": login, "password": password}
    return (client or visitor(host)).post("/admin/login/", answers, REMOTE_ADDR=address)


def guess(times, login=OWNER, host="acme", address=HERE):
    for _n in range(times):
        answer = attempt(host, login, address=address)
    return answer


def had_failures(tenant, count, login="x@acme.test", address=HERE):
    """Put that many failures behind the scenes, instead of as many requests."""
    with tenant_context(tenant):
        AccessAttempt.objects.create(username=login, ip_address=address, failures_since_start=count)


def plain(answer):
    """Return a page without what differs from one request to the next."""
    return re.sub(r'value="[A-Za-z0-9]{64}"', "", answer.text)


def test_after_five_wrong_passwords_the_right_one_is_refused_too(acme):
    guess(FIVE)

    answer = attempt("acme", OWNER, PASSWORD)

    assert (answer.status_code, answer["Retry-After"]) == (429, "900")
    assert not is_in(answer.client)


def test_a_lock_out_at_one_tenant_is_none_at_another(acme, globex):
    make_user(globex, OWNER)
    guess(FIVE)

    assert attempt("globex", OWNER, PASSWORD).status_code == 302


def test_a_lock_out_ends_by_itself(acme):
    guess(FIVE)
    with tenant_context(acme):
        AccessAttempt.objects.update(attempt_time=F("attempt_time") - timedelta(minutes=15))

    assert attempt("acme", OWNER, PASSWORD).status_code == 302


def test_being_locked_out_does_not_tell_whether_the_account_exists(acme):
    known, unknown = (guess(FIVE + 1, login) for login in (OWNER, "nobody@acme.test"))

    assert (known.status_code, plain(known)) == (unknown.status_code, plain(unknown))


def test_a_wrong_password_does_not_tell_whether_the_account_exists(acme):
    answers = [guess(1, login) for login in (OWNER, "nobody@acme.test")]

    known, unknown = (plain(answer).replace("nobody@", "owner@") for answer in answers)
    assert known == unknown


def test_two_names_of_one_account_are_counted_together(acme):
    make_user(acme, "ada@acme.test", login_name="ada")

    for login in ("ada", "ADA@acme.test", "Ada@acme.test ", "ada@acme.test", "ada"):
        attempt("acme", login)

    assert attempt("acme", "ada", PASSWORD).status_code == 429


def test_another_browser_is_no_fresh_start(acme):
    for number in range(FIVE):
        answers = {"username": OWNER, "password": "wrong"}
        visitor("acme").post("/admin/login/", answers, HTTP_USER_AGENT=f"v{number}")

    assert log_in(visitor("acme"), OWNER).status_code == 429


def test_many_addresses_together_are_locked_out_of_an_account(acme):
    had_failures(acme, throttling.ACCOUNT_LIMIT, OWNER, AFAR)

    assert attempt("acme", OWNER, PASSWORD, "203.0.113.1").status_code == 429


def test_locking_an_account_from_afar_does_not_keep_its_owner_out(acme):
    attempt("acme", OWNER, PASSWORD, HERE)
    had_failures(acme, throttling.ACCOUNT_LIMIT, OWNER, AFAR)

    assert attempt("acme", OWNER, PASSWORD, HERE).status_code == 302


def test_a_known_place_has_its_own_limit_all_the_same(acme):
    attempt("acme", OWNER, PASSWORD, HERE)
    guess(FIVE)

    assert attempt("acme", OWNER, PASSWORD, HERE).status_code == 429


def test_a_new_password_by_mail_ends_a_lock_out(acme):
    had_failures(acme, throttling.ACCOUNT_LIMIT, OWNER, AFAR)
    ask_for_reset("acme", OWNER)

    set_password("acme", link_in(mail.outbox[0].body, "acme.localhost"))

    assert attempt("acme", OWNER, NEW_PASSWORD).status_code == 302


def test_one_address_cannot_try_one_password_on_all_accounts(acme):
    had_failures(acme, throttling.ADDRESS_LIMIT)

    assert attempt("acme", OWNER, PASSWORD).status_code == 429
    assert attempt("acme", OWNER, PASSWORD, AFAR).status_code == 302


def test_an_account_of_ones_own_does_not_wipe_the_slate(acme):
    make_user(acme, "mallory@acme.test")
    had_failures(acme, throttling.ADDRESS_LIMIT - 1)

    assert attempt("acme", "mallory@acme.test", PASSWORD).status_code == 302

    assert attempt("acme", OWNER).status_code == 429


def test_all_addresses_of_a_household_are_one(acme):
    for number in range(FIVE):
        attempt("acme", OWNER, address=f"2001:db8:1:2::{number}")

    assert attempt("acme", OWNER, PASSWORD, "2001:db8:1:2:ffff::1").status_code == 429
    assert attempt("acme", OWNER, PASSWORD, "2001:db8:1:3::1").status_code == 302


def test_a_failure_stays_counted_when_the_request_breaks(acme):
    def break_down(**_):
        raise RuntimeError("the disk is on fire")

    user_login_failed.connect(break_down)
    client = visitor("acme")
    client.raise_request_exception = False
    try:
        answer = attempt("acme", OWNER, client=client)
    finally:
        user_login_failed.disconnect(break_down)

    with tenant_context(acme):
        assert AccessAttempt.objects.get().failures_since_start == 1
    assert answer.status_code == 500


def test_what_else_was_sent_fills_no_table(acme):
    answers = {"username": OWNER, "password": "wrong", "x": "y" * 5000}
    for _n in range(2):
        visitor("acme").post("/admin/login/?z=z", answers)

    with tenant_context(acme):
        (row,) = AccessAttempt.objects.all()
    assert (row.get_data, row.post_data) == ("", "")


class CountingHasher(MD5PasswordHasher):
    """Tells how often a password was hashed, which is what takes the time of a log-in."""

    count = 0

    def encode(self, password, salt):
        CountingHasher.count += 1
        return super().encode(password, salt)


@pytest.mark.parametrize(
    "login", [OWNER, "nobody@acme.test", "invited@acme.test", "gone@acme.test"]
)
def test_the_time_it_takes_does_not_tell_whether_the_account_exists(acme, settings, login):
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    make_user(acme, "invited@acme.test", password=None)
    make_user(acme, "gone@acme.test", is_active=False)
    CountingHasher.count = 0

    attempt("acme", login)

    assert CountingHasher.count == 1


def test_a_mailbox_is_not_filled_with_links(acme):
    for _n in range(9):
        ask_for_reset("acme", OWNER)

    with tenant_context(acme):
        assert LoginEvent.objects.filter(kind="reset_asked").count() == len(mail.outbox) == 5
