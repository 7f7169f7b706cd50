"""The list of one's sessions, and ending them."""

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.utils import timezone
from django_tenants.utils import tenant_context

from tenants.accounts.models import Session
from tenants.accounts.sessions import SEEN_EVERY, SessionStore
from tests.authenticator import is_in
from tests.people import PASSWORD, logged_in, make_user, owner_of, visitor

SESSIONS = "/admin/security/sessions/"


def rows(tenant):
    with tenant_context(tenant):
        return list(Session.objects.order_by("created_at"))


def test_a_session_tells_from_where_it_began(acme, globex):
    client = visitor("acme")
    answers = {"username": "owner@acme.test", "password": PASSWORD}
    client.post("/admin/login/", answers, REMOTE_ADDR="192.0.2.7", HTTP_USER_AGENT="Lynx")

    (row,) = rows(acme)

    assert (row.address, row.user_agent) == ("192.0.2.7", "Lynx")
    assert rows(globex) == []


def test_the_list_shows_ones_own_sessions_alone(acme):
    make_user(acme, "ada@acme.test")
    logged_in("acme", "ada@acme.test")
    client = owner_of("acme")

    sessions = client.get("/admin/security/").context["sessions"]

    assert [row.session_key for row in sessions] == [client.cookies["sessionid"].value]


def test_the_list_shows_no_key(acme):
    client = owner_of("acme")

    assert client.cookies["sessionid"].value not in client.get("/admin/security/").text


def test_one_of_ones_sessions_is_ended(acme):
    here, elsewhere = owner_of("acme"), owner_of("acme")
    handle = rows(acme)[1].handle

    here.post(SESSIONS, {"handle": handle})

    assert (is_in(here), is_in(elsewhere)) == (True, False)


def test_signing_out_everywhere_ends_all_of_ones_own(acme, globex):
    make_user(acme, "ada@acme.test")
    ada, other = logged_in("acme", "ada@acme.test"), owner_of("globex")
    here, elsewhere = owner_of("acme"), owner_of("acme")

    here.post(SESSIONS, {"handle": "all"})

    assert [is_in(c) for c in (here, elsewhere, ada, other)] == [False, False, True, True]


def test_an_owner_signs_somebody_out_everywhere(acme):
    ada = make_user(acme, "ada@acme.test")
    client = logged_in("acme", "ada@acme.test")

    ticked = {"_selected_action": [str(ada.pk)], "action": "sign_out"}
    owner_of("acme").post("/admin/accounts/user/", ticked)

    assert not is_in(client)


def test_a_request_under_way_does_not_bring_an_ended_session_back(in_acme):
    store = SessionStore()
    store["x"] = 1
    store.save()
    Session.objects.all().delete()

    with pytest.raises(UpdateError):
        store.save()


@pytest.mark.parametrize(("ago", "writes"), [(SEEN_EVERY / 2, 0), (SEEN_EVERY * 2, 1)])
def test_being_seen_is_written_every_few_minutes(in_acme, ago, writes):
    store = SessionStore()
    store["x"] = 1
    store.save()
    before = timezone.now() - ago
    Session.objects.update(seen_at=before)

    SessionStore(store.session_key).load()

    assert (Session.objects.get().seen_at > before + timedelta(seconds=1)) == bool(writes)


def test_saving_a_session_again_keeps_when_it_began(acme):
    client = owner_of("acme")
    (before,) = rows(acme)

    client.get("/admin/security/enrol/")  # stores a secret in the session

    (after,) = rows(acme)
    assert after.created_at == before.created_at
    assert after.session_data != before.session_data


def test_a_deleted_users_sessions_are_gone_and_never_shown_by_key(acme):
    ada = make_user(acme, "ada@acme.test")
    client = logged_in("acme", "ada@acme.test")
    path = f"/admin/accounts/user/{ada.pk}/delete/"
    owner = owner_of("acme")

    page = owner.get(path).text
    owner.post(path, {"post": "yes"})

    assert client.cookies["sessionid"].value not in page
    assert not is_in(client)
