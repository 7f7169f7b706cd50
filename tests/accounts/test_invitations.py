"""Who was invited and has not come yet: seen, invited once more, or not after all."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from django_tenants.utils import tenant_context

from tenants.accounts.models import User
from tests.people import (
    NEW_PASSWORD,
    do,
    link_in,
    log_in,
    make_user,
    owner_of,
    set_password,
    told,
    users_of,
    visitor,
)

PEOPLE = "/admin/accounts/user/"


@pytest.fixture
def commit(django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(execute=True)


def invite(owner, commit, email="ada@acme.test", role="manager"):
    """Have somebody invited by the form; return the link of the mail."""
    with commit():
        owner.post(
            f"{PEOPLE}add/", {"email": email, "role": role, "language": "en", "is_active": "on"}
        )
    return link_in(mail.outbox[-1].body, "acme.localhost")


def called(email, slug="acme"):
    return next((user for user in users_of(slug) if user.email == email), None)


def standing(owner, email):
    """Return what the list says of somebody's invitation."""
    rows = owner.get(PEOPLE).context["cl"].result_list
    (user,) = [row for row in rows if row.email == email]
    return owner.get(PEOPLE).context["cl"].model_admin.invitation(user)


@pytest.mark.parametrize("role", ["owner", "manager", "viewer"])
def test_somebody_is_invited_in_each_role_and_comes_in_with_it(acme, globex, commit, role):
    link = invite(owner_of("acme"), commit, role=role)

    set_password("acme", link)

    assert log_in(visitor("acme"), "ada@acme.test", NEW_PASSWORD).status_code == 302
    assert called("ada@acme.test").role == role
    assert called("ada@acme.test", "globex") is None


def test_the_list_says_who_has_not_come_yet(acme, commit):
    owner = owner_of("acme")
    link = invite(owner, commit)
    assert standing(owner, "ada@acme.test").startswith("not accepted yet; sent ")
    assert standing(owner, "owner@acme.test") == "accepted"

    set_password("acme", link)

    assert standing(owner, "ada@acme.test") == "accepted"


def test_a_link_that_is_too_old_is_told(acme, commit):
    owner = owner_of("acme")
    invite(owner, commit)
    with tenant_context(acme):
        User.objects.invited().update(invited_at=timezone.now() - timedelta(days=4))

    assert "the link is too old" in standing(owner, "ada@acme.test")


@pytest.mark.parametrize(
    ("chosen", "shown"), [("open", ["ada@acme.test"]), ("accepted", ["owner@acme.test"])]
)
def test_the_list_can_be_narrowed_to_them(acme, commit, chosen, shown):
    owner = owner_of("acme")
    invite(owner, commit)

    page = owner.get(f"{PEOPLE}?invitation={chosen}")

    assert [user.email for user in page.context["cl"].result_list] == shown


def test_a_list_of_any_length_takes_the_same_queries(acme, django_assert_max_num_queries):
    owner = owner_of("acme")
    for number in range(15):
        make_user(acme, f"ada{number}@acme.test", password=None)

    with django_assert_max_num_queries(30):
        owner.get(PEOPLE)


def test_an_invitation_that_is_sent_again_is_dated_anew(acme, commit):
    user = make_user(acme, "ada@acme.test", password=None)

    with commit():
        do(owner_of("acme"), "accounts/user", "invite_again", [user.pk])

    assert called("ada@acme.test").invited_at is not None
    assert [message.to for message in mail.outbox] == [["ada@acme.test"]]


def test_an_invitation_that_is_withdrawn_lets_nobody_in(acme, commit):
    owner = owner_of("acme")
    link = invite(owner, commit)

    answer = do(owner, "accounts/user", "withdraw", [called("ada@acme.test").pk])

    assert "The invitation of ada@acme.test is withdrawn." in told(answer)
    assert called("ada@acme.test") is None
    assert "new_password1" not in visitor("acme").get(link, follow=True).text


def test_withdrawing_twice_is_harmless(acme, commit):
    owner = owner_of("acme")
    invite(owner, commit)
    number = called("ada@acme.test").pk

    answers = [do(owner, "accounts/user", "withdraw", [number]) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]


def test_who_has_come_already_stays(acme):
    ada = make_user(acme, "ada@acme.test")

    answer = do(owner_of("acme"), "accounts/user", "withdraw", [ada.pk])

    assert "ada@acme.test has accepted already" in told(answer)
    assert called("ada@acme.test")
