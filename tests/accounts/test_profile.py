"""One's own profile: name, language, time zone, and for owners which mails they get."""

import pytest
from django.contrib.messages import get_messages
from django.utils import translation
from django_tenants.utils import tenant_context

from tenants.accounts.models import User
from tenants.audit.models import Entry
from tests.people import STAFF, logged_in, make_staff, make_user, owner_of, users_of, visitor

PROFILE = "/admin/profile/"
MAILS = ["mail_missed_runs", "mail_held_runs", "mail_weekly_summary"]
FILLED = {"full_name": "Ada", "language": "en", "timezone": ""}


def save(client, **fields):
    return client.post(PROFILE, FILLED | fields)


def stored(tenant, email):
    with tenant_context(tenant):
        return User.objects.get(email=email)


def errors_at(answer):
    return set(answer.context["form"].errors)


@pytest.fixture
def viewer(acme):
    make_user(acme, "ada@acme.test", language="en")
    return logged_in("acme", "ada@acme.test")


def test_everybody_has_a_profile_linked_on_every_page(viewer):
    assert f'href="{PROFILE}"' in viewer.get("/admin/").text
    assert "ada@acme.test" in viewer.get(PROFILE).text


def test_name_language_and_time_zone_are_ones_own_to_choose(acme, globex, viewer):
    make_user(globex, "ada@acme.test")

    save(viewer, full_name="Ada L.", language="de", timezone="Asia/Tokyo")

    ada = stored(acme, "ada@acme.test")
    assert (ada.full_name, ada.language, ada.timezone) == ("Ada L.", "de", "Asia/Tokyo")
    assert stored(globex, "ada@acme.test").full_name == ""


def test_the_language_holds_from_the_next_page_on_whatever_the_browser_says(viewer):
    save(viewer, language="de")

    page = viewer.get(PROFILE, headers={"Accept-Language": "en"})

    assert '<html lang="de" dir="ltr">' in page.text
    assert page.headers["Content-Language"] == "de"


def test_saving_is_confirmed_in_the_language_just_chosen(viewer):
    with translation.override("de"):
        expected = translation.gettext("Your profile is saved.")

    answer = save(viewer, language="de")

    assert [str(message) for message in get_messages(answer.wsgi_request)] == [expected]


def test_before_anybody_is_known_the_browsers_language_counts(acme):
    page = visitor("acme").get("/admin/login/", headers={"Accept-Language": "de"})

    assert '<html lang="de" dir="ltr">' in page.text


def test_one_persons_language_is_not_the_next_ones(acme, viewer):
    save(viewer, language="de")
    viewer.get(PROFILE)

    assert '<html lang="en"' in owner_of("acme").get(PROFILE).text


def test_times_are_shown_on_the_clocks_that_were_chosen(viewer):
    save(viewer, timezone="Asia/Tokyo")
    assert 'data-admin-utc-offset="32400"' in viewer.get(PROFILE).text

    save(viewer, timezone="")
    assert 'data-admin-utc-offset="32400"' not in viewer.get(PROFILE).text


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("language", "xx"),
        ("language", ""),
        ("timezone", "Mars/Olympus"),
        ("timezone", "../etc"),
        ("full_name", "x" * 151),
    ],
)
def test_what_cannot_be_is_told_at_its_field_and_not_stored(acme, viewer, field, wrong):
    answer = save(viewer, **{"full_name": "New"} | {field: wrong})

    assert errors_at(answer) == {field}
    assert f'aria-describedby="id_{field}' in answer.text
    assert stored(acme, "ada@acme.test").full_name == ""


def test_nothing_else_of_a_user_is_written_by_the_page(acme, viewer):
    more = {"role": "owner", "email": "x@x.test", "is_superuser": "on", "is_staff": "", "id": "1"}

    save(viewer, **more)

    ada = stored(acme, "ada@acme.test")
    assert (ada.full_name, ada.role, ada.is_superuser, ada.is_staff) == (
        "Ada",
        "viewer",
        False,
        True,
    )


def test_a_role_that_is_changed_meanwhile_stays_changed(acme, viewer, monkeypatch):
    read = User.objects.get

    def read_and_demoted(**lookup):
        user = read(**lookup)
        User.objects.filter(pk=user.pk).update(role="manager")
        return user

    monkeypatch.setattr(User.objects, "get", read_and_demoted)
    save(viewer)
    monkeypatch.undo()

    assert stored(acme, "ada@acme.test").role == "manager"


def test_an_owner_gets_mails_until_choosing_otherwise(acme, globex):
    make_user(acme, "second@acme.test", "owner")
    assert owner_of("acme").get(PROFILE).text.count(" checked") == len(MAILS)

    save(owner_of("acme"), mail_held_runs="on")

    chosen = {email: stored(acme, email) for email in ("owner@acme.test", "second@acme.test")}
    assert [getattr(chosen["owner@acme.test"], mail) for mail in MAILS] == [False, True, False]
    assert all(getattr(chosen["second@acme.test"], mail) for mail in MAILS)
    assert all(getattr(stored(globex, "owner@globex.test"), mail) for mail in MAILS)


@pytest.mark.parametrize("role", ["manager", "viewer"])
def test_who_gets_no_such_mails_has_nothing_to_choose(acme, role):
    make_user(acme, "some@acme.test", role)
    client = logged_in("acme", "some@acme.test")

    save(client)

    assert not any(mail in client.get(PROFILE).text for mail in MAILS)
    assert all(getattr(stored(acme, "some@acme.test"), mail) for mail in MAILS)


def test_the_platforms_staff_has_a_profile_without_mails(db):
    make_staff()
    client = logged_in("platform", STAFF)

    save(client, timezone="Asia/Tokyo")

    assert 'data-admin-utc-offset="32400"' in client.get(PROFILE).text
    assert "mail_missed_runs" not in client.get(PROFILE).text


def test_mails_from_before_lead_to_the_profile(acme):
    assert owner_of("acme").get("/admin/security/mail/").headers["Location"] == PROFILE


def test_nobody_else_sees_a_profile(acme):
    assert visitor("acme").get(PROFILE).status_code == 302
    assert visitor("acme").post(PROFILE, FILLED).status_code == 302


def test_the_choice_is_in_the_audit_log(acme):
    save(owner_of("acme"))

    with tenant_context(acme):
        assert any("mail_missed_runs" in (entry.changes or {}) for entry in Entry.objects.all())
    assert [user.email for user in users_of("acme")] == ["owner@acme.test"]
