"""Attacks with stolen or copied sessions and links: each is good in one place, while nothing changes."""

import copy
import os
import subprocess
import sys

import pytest
from django.core import mail
from django_tenants.utils import tenant_context

from tenants import lifecycle
from tenants.accounts.models import Session, User
from tests.authenticator import give_authenticator, is_in
from tests.people import (
    NEW_PASSWORD,
    PASSWORD,
    STAFF,
    ask_for_reset,
    link_in,
    log_in,
    logged_in,
    make_staff,
    make_user,
    owner_of,
    set_password,
    visitor,
)

OWNER = "owner@acme.test"
NEW_KEY = "a new and quite different secret key of fifty characters"


def copy_rows(model, source, target, **lookup):
    """Copy rows as they are from schema to schema, as a restored copy of a schema would hold them."""
    with tenant_context(source):
        rows = list(model.objects.filter(**lookup).values())
    with tenant_context(target):
        for row in rows:
            model.objects.filter(pk=row[model._meta.pk.attname]).delete()
            model(**row).save_base(raw=True, force_insert=True)


def carry(client, host):
    """Return a visitor of another host who has all the cookies of `client`."""
    thief = visitor(host)
    thief.cookies = copy.deepcopy(client.cookies)
    return thief


def change(email, **fields):
    return lambda tenant: update(tenant, email, fields)


def update(tenant, email, fields):
    with tenant_context(tenant):
        User.objects.filter(email=email).update(**fields)


def test_a_session_copied_with_its_schema_is_void_there(acme, globex):
    client = owner_of("acme")
    copy_rows(User, acme, globex, email=OWNER)
    copy_rows(Session, acme, globex)

    assert not is_in(carry(client, "globex"))
    assert is_in(client)


def test_the_hash_of_one_row_differs_from_schema_to_schema(acme, globex):
    """The second wall: were a session of elsewhere ever read, its user would not be believed."""
    copy_rows(User, acme, globex, email=OWNER)
    hashes = set()

    for tenant in (acme, globex):
        with tenant_context(tenant):
            hashes.add(User.objects.get(email=OWNER).get_session_auth_hash())

    assert len(hashes) == 2


def test_a_void_sessions_cookie_is_taken_away(acme, globex):
    copy_rows(User, acme, globex, email=OWNER)
    client = owner_of("acme")
    copy_rows(Session, acme, globex)

    answer = carry(client, "globex").get("/admin/")

    assert answer.cookies["sessionid"].value == ""
    with tenant_context(globex):
        assert not Session.objects.exists()


def test_suspending_ends_the_sessions_of_that_tenant_alone(acme, globex):
    clients = owner_of("acme"), owner_of("globex")

    lifecycle.suspend("acme")
    lifecycle.resume("acme")

    assert [is_in(client) for client in clients] == [False, True]
    assert is_in(owner_of("acme"))


def test_a_link_from_before_a_suspension_is_void(acme):
    ask_for_reset("acme", OWNER)
    path = link_in(mail.outbox[0].body, "acme.localhost")
    lifecycle.suspend("acme")
    lifecycle.resume("acme")

    set_password("acme", path, "stolen passphrase")

    assert log_in(visitor("acme"), OWNER, PASSWORD).status_code == 302


@pytest.mark.parametrize(
    "event",
    [
        change("ada@acme.test", role="manager"),
        change("ada@acme.test", is_active=False),
        change("ada@acme.test", is_staff=False),
        change("ada@acme.test", password="!"),
        change("ada@acme.test", factors_version=1),
    ],
)
def test_a_session_ends_when_rights_or_secrets_of_its_user_change(acme, globex, event):
    make_user(acme, "ada@acme.test")
    make_user(globex, "ada@acme.test")
    clients = [logged_in(host, "ada@acme.test") for host in ("acme", "globex")]

    event(acme)

    assert [client.get("/admin/").status_code for client in clients] == [302, 200]


def test_a_session_that_ended_does_not_come_back_with_the_old_role(acme):
    make_user(acme, "ada@acme.test", role="manager")
    client = logged_in("acme", "ada@acme.test")

    update(acme, "ada@acme.test", {"role": "viewer"})
    client.get("/admin/")
    update(acme, "ada@acme.test", {"role": "manager"})

    assert not is_in(client)


def test_a_key_from_before_the_log_in_is_worth_nothing_after_it(acme):
    client = visitor("acme")
    ask_for_reset("acme", OWNER)
    client.get(link_in(mail.outbox[0].body, "acme.localhost"))  # begins a session
    before = client.cookies["sessionid"].value

    log_in(client, OWNER)

    thief = visitor("acme")
    thief.cookies["sessionid"] = before
    assert (is_in(client), is_in(thief)) == (True, False)


def test_a_key_from_before_the_second_step_is_worth_nothing_after_it(acme):
    codes = give_authenticator(acme, OWNER)
    client = visitor("acme")
    log_in(client, OWNER)
    before = client.cookies["sessionid"].value

    client.post("/admin/login/code/", {"code": codes[0]})

    thief = visitor("acme")
    thief.cookies["sessionid"] = before
    assert (is_in(client), is_in(thief)) == (True, False)


def test_somebody_elses_session_cannot_be_ended(acme):
    make_user(acme, "ada@acme.test")
    owner = owner_of("acme")
    with tenant_context(acme):
        handle = Session.objects.get().handle

    logged_in("acme", "ada@acme.test").post("/admin/security/sessions/", {"handle": handle})

    assert is_in(owner)


def test_cookies_go_back_to_their_own_host_alone(acme):
    client = owner_of("acme")

    assert {cookie["domain"] for cookie in client.cookies.values()} == {""}
    assert {cookie["httponly"] for cookie in client.cookies.values()} == {True}


def test_no_sibling_host_can_set_a_cookie_of_ours_in_production():
    """A browser takes a `__Host-` cookie from its own host alone, over HTTPS, for all paths."""
    show = "from saas.settings import *; print(SESSION_COOKIE_NAME, CSRF_COOKIE_NAME)"
    environment = os.environ | {"DEBUG": "0", "HTTPS": "1", "SECRET_KEY": NEW_KEY}

    shown = subprocess.check_output([sys.executable, "-c", show], env=environment, text=True)

    assert shown.split() == ["__Host-sessionid", "__Host-csrftoken"]


@pytest.mark.parametrize("keeps_old", [True, False])
def test_a_change_of_the_secret_key_keeps_sessions_while_the_old_one_counts(
    acme, settings, keeps_old
):
    client, second_step = owner_of("acme"), owner_of("acme")
    ask_for_reset("acme", OWNER)
    path = link_in(mail.outbox[0].body, "acme.localhost")

    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY] if keeps_old else []
    settings.SECRET_KEY = NEW_KEY

    assert is_in(client) == keeps_old
    assert len(sessions_of(second_step)) == 2 * keeps_old
    set_password("acme", path)
    is_changed = log_in(visitor("acme"), OWNER, NEW_PASSWORD).status_code == 302
    assert is_changed == keeps_old


def sessions_of(client):
    page = client.get("/admin/security/")
    return page.context["sessions"] if page.status_code == 200 else []


def test_a_session_of_the_staff_is_void_at_a_tenant_that_copied_it(acme, platform_tenant):
    make_staff()
    client = logged_in("platform", STAFF)
    make_user(acme, STAFF, role="owner")
    copy_rows(Session, platform_tenant, acme)

    assert not is_in(carry(client, "acme"))


@pytest.mark.parametrize("column", ["password", "session__session_key"])
def test_nobody_guesses_a_secret_letter_by_letter_through_a_filter(acme, column):
    make_user(acme, "ada@acme.test")
    logged_in("acme", "ada@acme.test")

    answer = owner_of("acme").get("/admin/accounts/user/", {f"{column}__startswith": "a"})

    assert answer.status_code == 400


def test_people_are_filtered_by_what_their_page_offers(acme):
    make_user(acme, "ada@acme.test")

    answer = owner_of("acme").get("/admin/accounts/user/", {"role__exact": "viewer"})

    assert [user.email for user in answer.context["cl"].result_list] == ["ada@acme.test"]
