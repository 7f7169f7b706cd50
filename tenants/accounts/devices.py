"""What proves somebody beside a password: recovery codes, and whether a tenant asks for a second factor.

The authenticator itself is django-otp's `TOTPDevice`.
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import b32encode

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device

CODES = 10
CODE_BYTES = 10


class RecoverySheet(Device):
    """Codes for the day the authenticator is lost, each good once.

    django-otp's own static tokens are stored in clear. These are stored as SHA-256: with 80 random
    bits each there is nothing to guess, so that neither a salt nor a slow hash would add anything.
    """

    digests = models.JSONField(default=list)

    class Meta:
        verbose_name = _("recovery codes")
        verbose_name_plural = _("recovery codes")
        constraints = [models.UniqueConstraint(fields=["user"], name="one_recovery_sheet_each")]

    def __str__(self) -> str:
        return str(_("recovery codes"))

    def renew(self) -> list[str]:
        """Replace all codes and return the new ones, which are known to nobody else."""
        codes = [b32encode(secrets.token_bytes(CODE_BYTES)).decode().lower() for _n in range(CODES)]
        self.digests = [digest_of(code) for code in codes]
        self.save()
        return codes

    def verify_token(self, token: str) -> bool:
        """Whether this is one of the codes, which it then no longer is. The caller holds the row's lock."""
        digest = digest_of(token)
        if digest not in self.digests:
            return False
        self.digests.remove(digest)
        self.save()
        return True


def digest_of(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


class SecurityPolicy(models.Model):
    """What this tenant asks of all of its people; one row, or none as long as nothing was changed."""

    second_factor_required = models.BooleanField(
        _("Everybody needs a second factor"), default=False
    )

    class Meta:
        verbose_name = _("log-in policy")
        verbose_name_plural = _("log-in policy")

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    @classmethod
    def current(cls) -> SecurityPolicy:
        return cls.objects.first() or cls(pk=1)
