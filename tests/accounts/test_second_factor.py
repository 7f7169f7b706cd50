"""Setting up a second factor, logging in with it, and living without the telephone."""

import itertools
import time
from types import SimpleNamespace

from django_otp.plugins.otp_totp.models import TOTPDevice
from django_tenants.utils import tenant_context

from tenants.accounts import second_factor
from tenants.accounts.models import RecoverySheet, Session, User
from tests.authenticator import (
    KEY,
    at_second_step,
    code,
    give_authenticator,
    give_code,
    is_in,
    recovery_codes_on,
    require_second_factor,
    secret_on,
    wrong_code,
)
from tests.people import (
    PASSWORD,
    STAFF,
    log_in,
    logged_in,
    make_staff,
    make_user,
    owner_of,
    visitor,
)

OWNER = "owner@acme.test"


def enrol(client, path="/admin/security/enrol/", moment=None, **fields):
    """Set up an authenticator as a person does; return the answer and the secret."""
    secret = secret_on(client.get(path))
    answers = {"code": code(secret, moment=moment), "password": PASSWORD} | fields
    return client.post(path, answers), secret


def test_without_one_the_password_is_enough(acme):
    assert is_in(owner_of("acme"))


def test_a_code_follows_the_password_and_leads_where_one_wanted_to_go(acme):
    give_authenticator(acme, OWNER)
    client = visitor("acme")
    answers = {"username": OWNER, "password": PASSWORD}
    client.post("/admin/login/?next=/admin/orders/order/", answers)

    answer = give_code(client, code())

    assert answer["Location"] == "/admin/orders/order/"
    assert is_in(client)


def test_a_code_may_be_typed_in_groups(acme):
    give_authenticator(acme, OWNER)
    client = at_second_step("acme", OWNER)
    shown = code()

    give_code(client, f" {shown[:3]} {shown[3:]} ")

    assert is_in(client)


def test_a_wrong_code_is_told_at_its_field(acme):
    give_authenticator(acme, OWNER)

    answer = give_code(at_second_step("acme", OWNER), wrong_code())

    assert "This code is not right" in answer.text


def test_a_recovery_code_lets_in_once(acme):
    codes = give_authenticator(acme, OWNER)
    first, second = (at_second_step("acme", OWNER) for _n in range(2))

    give_code(first, codes[0].upper())
    give_code(second, codes[0])

    assert (is_in(first), is_in(second)) == (True, False)


def test_recovery_codes_are_stored_so_that_nobody_reads_them(acme):
    codes = give_authenticator(acme, OWNER)

    with tenant_context(acme):
        (sheet,) = RecoverySheet.objects.all()

    assert len(codes) == len(sheet.digests) == 10
    assert not set(codes) & set(sheet.digests)


def test_one_is_set_up_and_used_at_the_next_log_in(acme, globex):
    moment = time.time()
    answer, secret = enrol(owner_of("acme"), moment=moment)

    assert len(recovery_codes_on(answer)) == 10
    client = at_second_step("acme", OWNER)
    give_code(client, code(secret, steps=1, moment=moment))
    assert is_in(client)
    assert is_in(owner_of("globex"))


def test_a_half_minute_that_ends_during_setting_up_uses_up_one_code(acme, monkeypatch):
    beginning = time.time() // 30 * 30
    readings = itertools.count(beginning + 29.55, 0.25)
    monkeypatch.setattr(second_factor, "time", SimpleNamespace(time=lambda: next(readings)))
    monkeypatch.setattr("django_otp.oath.time", lambda: next(readings))
    with tenant_context(acme):
        user = User.objects.get(email=OWNER)

        assert second_factor.enrol(user, KEY, code(moment=beginning))

        assert TOTPDevice.objects.get().last_t == beginning // 30


def test_recovery_codes_are_shown_once(acme):
    client = owner_of("acme")
    answer, _secret = enrol(client)

    (shown, *_others) = recovery_codes_on(answer)

    assert shown not in client.get("/admin/security/").text
    assert client.get("/admin/security/enrol/").status_code == 302


def test_setting_one_up_keeps_this_session_and_ends_the_others(acme):
    here, elsewhere = owner_of("acme"), owner_of("acme")

    enrol(here)

    assert (is_in(here), is_in(elsewhere)) == (True, False)


def test_setting_one_up_takes_the_password(acme):
    client = owner_of("acme")

    enrol(client, password="not the password")

    assert is_in(owner_of("acme"))


def test_the_secret_is_a_picture_that_the_policy_allows(acme):
    page = owner_of("acme").get("/admin/security/enrol/").text

    drawing = page.partition('class="qr"')[2].partition("</svg>")[0]
    assert "<path d=" in drawing
    assert "style" not in drawing


def test_two_who_enrol_at_once_have_secrets_of_their_own(acme):
    pages = [owner_of("acme").get("/admin/security/enrol/") for _n in range(2)]

    assert secret_on(pages[0]) != secret_on(pages[1])


def test_where_it_is_required_one_without_is_led_to_set_one_up(acme):
    require_second_factor(acme)
    client = visitor("acme")

    leads_to = log_in(client, OWNER)["Location"]
    assert leads_to == "/admin/login/enrol/"
    answer, _secret = enrol(client, leads_to)

    assert len(recovery_codes_on(answer)) == 10
    assert is_in(client)


def test_one_tenants_policy_is_not_the_others(acme, globex):
    require_second_factor(acme)

    assert is_in(owner_of("globex"))


def test_requiring_it_signs_out_who_has_none(acme, globex):
    make_user(acme, "ada@acme.test")
    ada, other, owner = logged_in("acme", "ada@acme.test"), owner_of("globex"), owner_of("acme")
    enrol(owner)

    owner.post("/admin/security/policy/", {"second_factor_required": "on"})

    with tenant_context(acme):
        assert [row.user.email for row in Session.objects.all()] == [OWNER]
    assert [is_in(client) for client in (owner, ada, other)] == [True, False, True]


def test_whoever_requires_it_has_one(acme):
    owner = owner_of("acme")

    answer = owner.post("/admin/security/policy/", {"second_factor_required": "on"})

    assert "Set up your own second factor first." in answer.text
    assert is_in(owner_of("acme"))


def test_the_staff_need_one_in_production(db, settings):
    settings.STAFF_SECOND_FACTOR_REQUIRED = True
    make_staff()

    assert log_in(visitor("platform"), STAFF)["Location"] == "/admin/login/enrol/"


def test_a_session_of_staff_from_before_it_was_required_is_not_enough(db, settings):
    make_staff()
    client = logged_in("platform", STAFF)

    settings.STAFF_SECOND_FACTOR_REQUIRED = True

    assert not is_in(client)


def test_new_recovery_codes_replace_the_old(acme):
    (old, *_others) = give_authenticator(acme, OWNER)
    client = at_second_step("acme", OWNER)
    moment = time.time()
    give_code(client, code(moment=moment))

    next_one = code(steps=1, moment=moment)
    answer = client.post("/admin/security/recovery/", {"code": next_one})

    (new, *_others) = recovery_codes_on(answer)
    with tenant_context(acme):
        user = User.objects.get(email=OWNER)
        assert second_factor.accept(user, old) is None
        assert second_factor.accept(user, new)


def test_one_is_removed_with_a_code(acme):
    codes = give_authenticator(acme, OWNER)
    client = at_second_step("acme", OWNER)
    give_code(client, code())

    client.post("/admin/security/remove/", {"code": codes[0]})

    assert is_in(client)
    assert is_in(owner_of("acme"))


def test_an_owner_resets_the_factor_of_somebody_who_lost_the_telephone(acme):
    ada = make_user(acme, "ada@acme.test")
    give_authenticator(acme, "ada@acme.test")
    rows = {"_selected_action": [str(ada.pk)], "action": "reset_factor"}

    owner_of("acme").post("/admin/accounts/user/", rows)

    assert is_in(logged_in("acme", "ada@acme.test"))


def test_the_wait_after_wrong_codes_stops_growing(in_acme):
    give_authenticator(in_acme, OWNER)
    user = User.objects.get(email=OWNER)
    device = TOTPDevice.objects.get()
    device.throttling_failure_count = 40
    device.throttling_failure_timestamp = device.created_at - second_factor.LONGEST_WAIT
    device.save()

    assert second_factor.accept(user, code())
