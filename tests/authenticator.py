"""Somebody's telephone: an authenticator set up for a user, and the codes it shows."""

import re
from base64 import b32decode
from binascii import hexlify

from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_tenants.utils import tenant_context

from tenants.accounts.models import RecoverySheet, SecurityPolicy, User
from tests.people import PASSWORD, log_in, visitor

KEY = "31323334353637383930" * 2


def give_authenticator(tenant, email, key=KEY):
    """Set one up behind the scenes and return the recovery codes."""
    with tenant_context(tenant):
        user = User.objects.get(email=email)
        TOTPDevice.objects.create(user=user, key=key, name="TOTP")
        return RecoverySheet(user=user, name="recovery").renew()


def code(key=KEY, steps=0, moment=None):
    """Return what the authenticator shows now or at `moment`, or so many half minutes from there."""
    totp = TOTP(bytes.fromhex(key), drift=steps)
    totp.time = moment
    return f"{totp.token():06}"


def wrong_code():
    """Return a code that is right at no time near now."""
    near = {code(steps=steps) for steps in range(-3, 4)}
    return next(text for text in map("{:06}".format, range(10)) if text not in near)


def at_second_step(host, email):
    """Return a client that gave the password and is asked for a code."""
    client = visitor(host)
    answer = log_in(client, email, PASSWORD)
    assert answer["Location"] == "/admin/login/code/", "no second step"
    return client


def give_code(client, text):
    return client.post("/admin/login/code/", {"code": text})


def is_in(client):
    return client.get("/admin/").status_code == 200


def secret_on(answer):
    """Return the secret that a page shows for an authenticator, in hexadecimal digits."""
    (text,) = re.findall(r'class="secret">([A-Z2-7 ]+)<', answer.text)
    return hexlify(b32decode(text.replace(" ", ""))).decode()


def recovery_codes_on(answer):
    return re.findall(r"<li><code>([a-z2-7]+)</code>", answer.text)


def require_second_factor(tenant):
    with tenant_context(tenant):
        SecurityPolicy(pk=1, second_factor_required=True).save()
