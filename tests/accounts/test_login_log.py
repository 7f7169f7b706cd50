"""The log of log-ins: what is written, and who reads it."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context

from tenants.accounts.models import LoginEvent
from tenants.accounts.pruning import prune
from tests.people import STAFF, log_in, logged_in, make_staff, make_user, owner_of, visitor

LOG = "/admin/accounts/loginevent/"


def kinds(tenant):
    with tenant_context(tenant):
        return list(LoginEvent.objects.order_by("pk").values_list("login", "kind"))


def test_coming_and_going_are_logged_where_they_happened(acme, globex):
    client = owner_of("acme")
    client.post("/admin/logout/")

    assert kinds(acme) == [("owner@acme.test", "logged_in"), ("owner@acme.test", "logged_out")]
    assert kinds(globex) == []


def test_a_wrong_password_is_logged_with_its_address(acme):
    answers = {"username": "owner@acme.test", "password": "wrong"}
    visitor("acme").post("/admin/login/", answers, REMOTE_ADDR="192.0.2.7")

    with tenant_context(acme):
        (event,) = LoginEvent.objects.all()
    assert (event.kind, event.address) == ("refused", "192.0.2.7")


def test_what_was_typed_for_no_account_is_not_kept(acme):
    log_in(visitor("acme"), "hunter2hunter2", "oops")

    assert kinds(acme) == [("", "refused")]


def test_an_owner_reads_all_of_the_tenants_and_others_their_own(acme, globex):
    make_user(acme, "ada@acme.test")
    ada, owner = logged_in("acme", "ada@acme.test"), owner_of("acme")
    owner_of("globex")

    seen = [client.get(LOG).context["cl"].result_list for client in (ada, owner)]

    assert [event.login for event in seen[0]] == ["ada@acme.test"]
    assert [event.login for event in seen[1]] == ["owner@acme.test", "ada@acme.test"]


def test_the_staff_read_the_platforms(acme):
    with schema_context("public"):
        LoginEvent.objects.all().delete()  # what tests of other sessions left behind
    make_staff()
    owner_of("acme")

    page = logged_in("platform", STAFF).get(LOG)

    assert [event.login for event in page.context["cl"].result_list] == [STAFF]


@pytest.mark.parametrize("page", ["add/", "{}/delete/", "{}/change/"])
def test_nobody_writes_or_deletes_in_it(acme, page):
    owner = owner_of("acme")
    with tenant_context(acme):
        event = LoginEvent.objects.get()

    answer = owner.post(LOG + page.format(event.pk), {"post": "yes", "login": "somebody"})

    assert answer.status_code == 403
    assert kinds(acme) == [("owner@acme.test", "logged_in")]


def test_knocking_while_locked_out_is_logged_once(acme):
    client = visitor("acme")

    for _n in range(9):
        log_in(client, "owner@acme.test", "wrong")

    assert [kind for _login, kind in kinds(acme)] == ["refused"] * 4 + ["locked"]


def test_the_end_of_a_deleted_users_log_stays(acme):
    ada = make_user(acme, "ada@acme.test")
    logged_in("acme", "ada@acme.test")

    owner_of("acme").post(f"/admin/accounts/user/{ada.pk}/delete/", {"post": "yes"})

    assert ("ada@acme.test", "logged_in") in kinds(acme)


def test_what_is_old_is_forgotten_in_this_schema_alone(acme, globex):
    now = timezone.now()
    for schema in (acme.schema_name, globex.schema_name):
        with schema_context(schema):
            LoginEvent.objects.create(kind="refused", at=now - timedelta(days=181))
            LoginEvent.objects.create(kind="refused", at=now - timedelta(days=179))

    with tenant_context(acme):
        prune(now)
        prune(now)

    assert (len(kinds(acme)), len(kinds(globex))) == (1, 2)
