"""The second factor: an authenticator's codes (RFC 6238), and recovery codes for when it is lost."""

from __future__ import annotations

import re
import time
from binascii import unhexlify
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django_otp.models import Device
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp.util import random_hex

from tenants.accounts.devices import RecoverySheet, SecurityPolicy
from tenants.accounts.models import User
from tenants.schema import in_public_schema

KEY_BYTES = 20
#: django-otp doubles the wait after each wrong code without end; from 2**8 seconds on it stays.
#: Somebody who has the password could otherwise keep its owner out for years.
FAILURES_COUNTED = 9
LONGEST_WAIT = timedelta(seconds=2 ** (FAILURES_COUNTED - 1))
AUTHENTICATOR_CODE = re.compile(r"[0-9]{6}")


def is_required() -> bool:
    """Whether everybody here needs one: by setting for the staff, by a tenant's own policy there."""
    if in_public_schema():
        return bool(settings.STAFF_SECOND_FACTOR_REQUIRED)
    return SecurityPolicy.current().second_factor_required


def has_one(user: User) -> bool:
    return bool(TOTPDevice.objects.filter(user=user, confirmed=True).exists())


def is_owed(user: User) -> bool:
    """Whether the password alone lets this user in nowhere."""
    return has_one(user) or is_required()


def codes_left(user: User) -> int:
    return sum(len(sheet.digests) for sheet in RecoverySheet.objects.filter(user=user))


def new_key() -> str:
    """Return a secret for a new authenticator, in hexadecimal digits."""
    return str(random_hex(KEY_BYTES))


def normal_code(text: str) -> str:
    """Return a code as it is compared: people type it in groups, and recovery codes in capitals."""
    return re.sub(r"[\s-]", "", text).lower()


def accept(user: User, code: str) -> Device | None:
    """Return the device whose code this is, or None. A code is good once, whoever comes first.

    After wrong codes an authenticator accepts none for a time that doubles, up to about four
    minutes; recovery codes, which cannot be guessed, are accepted all the while.
    """
    with transaction.atomic():
        device = locked_device(user, code)
        return device if device and device.verify_token(code) else None


def locked_device(user: User, code: str) -> Device | None:
    kind = TOTPDevice if AUTHENTICATOR_CODE.fullmatch(code) else RecoverySheet
    device: Device | None = kind.objects.select_for_update().filter(user=user).first()
    if isinstance(device, TOTPDevice):
        failures = min(device.throttling_failure_count, FAILURES_COUNTED)
        device.throttling_failure_count = failures
    return device


def enrol(user: User, key: str, code: str) -> tuple[Device, list[str]] | None:
    """Make an authenticator with this secret the user's only one, if `code` proves that it works.

    Return it with new recovery codes. The user's other sessions end. The code is used up by this.
    """
    totp = TOTP(unhexlify(key))
    # One instant throughout: were it half a minute later at the end, the next code would be used up.
    totp.time = time.time()
    if not (AUTHENTICATOR_CODE.fullmatch(code) and totp.verify(int(code), tolerance=1)):
        return None
    with transaction.atomic():
        forget(user)
        device = TOTPDevice.objects.create(
            user=user, name="TOTP", key=key, last_t=totp.t(), drift=totp.drift
        )
        codes = renew_codes(user)
        user.change_factors()
    return device, codes


def renew_codes(user: User) -> list[str]:
    """Replace the user's recovery codes and return the new ones, in clear for this one time."""
    sheet, _made = RecoverySheet.objects.get_or_create(user=user, defaults={"name": "recovery"})
    return sheet.renew()


def remove(user: User) -> None:
    """Take the second factor away. The user's sessions end."""
    with transaction.atomic():
        forget(user)
        user.change_factors()


def forget(user: User) -> None:
    for kind in (TOTPDevice, RecoverySheet):
        for device in kind.objects.filter(user=user):
            device.delete()
