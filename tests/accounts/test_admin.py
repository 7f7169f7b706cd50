"""The pages about people, and what nobody can do there, whatever is posted."""

import pytest
from django.core import mail
from django_tenants.utils import tenant_context

from tenants.accounts.models import User
from tests.people import (
    PASSWORD,
    STAFF,
    do,
    errors_of,
    link_in,
    log_in,
    logged_in,
    make_staff,
    make_user,
    owner_of,
    told,
    users_of,
    visitor,
)

ADA = {"email": "ada@acme.test", "role": "manager", "language": "en", "is_active": "on"}
POISON = {
    "is_superuser": "on",
    "is_staff": "",
    "password": "md5$$x",
    "user_permissions": "1",
    "groups": "1",
}


@pytest.fixture
def commit(django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(execute=True)


def add(client, **fields):
    return client.post("/admin/accounts/user/add/", fields)


def change(client, user, **fields):
    given = {"email": user.email or "", "role": user.role, "language": "en", "is_active": "on"}
    return client.post(f"/admin/accounts/user/{user.pk}/change/", given | fields)


def owner_row(slug="acme"):
    return next(user for user in users_of(slug) if user.role == "owner")


def test_a_new_user_is_invited_and_stands_in_one_schema(acme, globex, commit):
    with commit():
        add(owner_of("acme"), **ADA)

    (message,) = mail.outbox
    assert message.to == ["ada@acme.test"]
    assert link_in(message.body, "acme.localhost")
    assert "ada@acme.test" in [user.email for user in users_of("acme")]
    assert "ada@acme.test" not in [user.email for user in users_of("globex")]


def test_a_new_user_cannot_log_in_before_the_password_is_set(acme):
    add(owner_of("acme"), **ADA)

    assert log_in(visitor("acme"), "ada@acme.test", "").status_code == 200


def test_a_mail_server_that_is_away_loses_no_user(acme, settings, commit):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = 1

    with commit():
        answer = add(owner_of("acme"), **ADA)

    assert answer.status_code == 302
    assert "ada@acme.test" in [user.email for user in users_of("acme")]


def test_whoever_has_no_address_is_let_in_by_a_link_to_pass_on(acme, commit):
    with commit():
        answer = add(owner_of("acme"), **ADA | {"email": "", "login_name": "Till"})

    assert mail.outbox == []
    assert link_in(told(answer), "acme.localhost")
    assert [user.email for user in users_of("acme") if user.login_name == "till"] == [None]


def test_an_invitation_can_be_sent_again(acme, commit):
    user = make_user(acme, "ada@acme.test", password=None)

    with commit():
        do(owner_of("acme"), "accounts/user", "invite_again", [user.pk])

    assert [message.to for message in mail.outbox] == [["ada@acme.test"]]


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("email", {"email": "OWNER@acme.test"}),
        ("email", {"email": "no address"}),
        ("__all__", {"email": ""}),
        ("role", {"role": "platform"}),
        ("role", {"role": "king"}),
        ("language", {"language": "xx"}),
        ("timezone", {"timezone": "Mars/Olympus"}),
        ("full_name", {"full_name": "\u0007" * 200}),
    ],
)
def test_what_cannot_be_is_told_at_its_field(acme, field, wrong):
    answer = add(owner_of("acme"), **ADA | wrong)

    assert list(errors_of(answer)) == [field]


def test_nothing_else_of_a_user_can_be_posted(acme):
    owner = owner_of("acme")
    add(owner, **ADA | POISON)
    ada = users_of("acme")[-1]
    change(owner, ada, **POISON)

    (row,) = [user for user in users_of("acme") if user.pk == ada.pk]

    assert not row.is_superuser
    assert row.is_staff
    assert not row.has_usable_password()
    with tenant_context(acme):
        assert not row.user_permissions.exists()
        assert not row.groups.exists()


def test_a_role_cannot_be_posted_as_platform(acme):
    ada = make_user(acme, "ada@acme.test")

    answer = change(owner_of("acme"), ada, role="platform")

    assert "role" in errors_of(answer)


@pytest.mark.parametrize("role", ["viewer", "manager"])
def test_only_owners_see_people(acme, role):
    make_user(acme, "some@acme.test", role=role)
    client = logged_in("acme", "some@acme.test")

    assert client.get("/admin/accounts/user/").status_code == 403
    assert add(client, **ADA).status_code == 403
    assert change(client, owner_row(), role="viewer").status_code == 403


@pytest.mark.parametrize(
    ("field", "fields"), [("role", {"role": "viewer"}), ("is_active", {"is_active": ""})]
)
def test_the_last_active_owner_stays_one(acme, field, fields):
    answer = change(owner_of("acme"), owner_row(), **fields)

    assert list(errors_of(answer)) == [field]
    assert owner_row().is_active


def test_an_inactive_owner_does_not_count(acme):
    make_user(acme, "second@acme.test", role="owner", is_active=False)

    assert "role" in errors_of(change(owner_of("acme"), owner_row(), role="viewer"))


def test_an_owner_can_step_down_when_another_is_there(acme):
    make_user(acme, "second@acme.test", role="owner")

    change(owner_of("acme"), owner_row(), role="viewer")

    assert [user.email for user in users_of("acme") if user.role == "owner"] == ["second@acme.test"]


def test_the_last_owner_cannot_be_deleted(acme):
    owner = owner_row()

    owner_of("acme").post(f"/admin/accounts/user/{owner.pk}/delete/", {"post": "yes"})

    assert owner_row().pk == owner.pk


def test_the_last_owners_cannot_be_deleted_together(acme):
    second = make_user(acme, "second@acme.test", role="owner")
    both = [owner_row().pk, second.pk]

    do(owner_of("acme"), "accounts/user", "delete_selected", both, post="yes")

    assert {user.pk for user in users_of("acme")} >= set(both)


def test_one_of_two_owners_can_be_deleted(acme):
    second = make_user(acme, "second@acme.test", role="owner")

    do(owner_of("acme"), "accounts/user", "delete_selected", [second.pk], post="yes")

    assert second.pk not in [user.pk for user in users_of("acme")]


def test_an_owner_cannot_set_anothers_password(acme):
    ada = make_user(acme, "ada@acme.test")
    answers = {"password1": "stolen passphrase", "password2": "stolen passphrase"}

    answer = owner_of("acme").post(f"/admin/accounts/user/{ada.pk}/password/", answers)

    assert answer.status_code in {302, 404}
    assert log_in(visitor("acme"), "ada@acme.test", PASSWORD).status_code == 302


def test_somebody_without_an_address_keeps_the_login_name_apart(in_acme):
    user = User.objects.create_user(None, PASSWORD, login_name="Till")

    assert (user.email, user.login_name) == (None, "till")


def test_an_address_is_stored_in_lower_case_whoever_stores_it(in_acme):
    User(email=" Ada@ACME.test", password="!").save()

    assert User.objects.get(email="ada@acme.test")


def test_new_staff_is_the_platforms_and_invited(db, commit):
    make_staff()
    with commit():
        add(logged_in("platform", STAFF), email="new@platform.test", language="en", is_active="on")

    new = User.objects.get(email="new@platform.test")
    assert (new.role, new.is_staff, new.is_superuser) == ("platform", True, True)
    assert link_in(mail.outbox[0].body, "localhost")


def test_the_last_of_the_staff_stays(db):
    staff = make_staff()
    client = logged_in("platform", STAFF)

    assert "is_active" in errors_of(change(client, staff, is_active=""))
