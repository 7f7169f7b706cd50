"""The log of log-ins: who, when, from where, and how it ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.accounts.places import address_of, user_agent_of

if TYPE_CHECKING:
    from tenants.accounts.models import User

#: How long it is remembered; also how long ago a lock-out or log-in may be to be looked up.
KEPT = timedelta(days=180)


class LoginEventQuerySet(models.QuerySet["LoginEvent"]):
    def of(self, user: User) -> Self:
        return self.filter(user=user)

    def since(self, instant: datetime) -> Self:
        return self.filter(at__gte=instant)

    def old(self, now: datetime) -> Self:
        return self.filter(at__lt=now - KEPT)


class LoginEvent(models.Model):
    class Kind(models.TextChoices):
        LOGGED_IN = "logged_in", _("logged in")
        REFUSED = "refused", _("wrong login, password or code")
        LOCKED = "locked", _("refused: too many attempts")
        LOGGED_OUT = "logged_out", _("logged out")
        SESSIONS_ENDED = "sessions_ended", _("signed out elsewhere")
        RESET_ASKED = "reset_asked", _("asked for a new password")
        PASSWORD_RESET = "password_reset", _("set a new password by mail")
        FACTOR_ADDED = "factor_added", _("second factor set up")
        FACTOR_REMOVED = "factor_removed", _("second factor removed")
        RECOVERY_RENEWED = "recovery_renewed", _("new recovery codes made")
        UNLOCKED = "unlocked", _("unlocked by command")
        FACTOR_RESET = "factor_reset", _("second factor reset by somebody in charge")

    #: Null where no such account is known: what was typed then may be a password, so it is not kept.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, verbose_name=_("user")
    )
    login = models.CharField(_("login"), max_length=254, blank=True)
    kind = models.CharField(_("what happened"), max_length=20, choices=Kind)
    at = models.DateTimeField(_("when"), default=timezone.now, db_index=True)
    address = models.GenericIPAddressField(_("address"), null=True)
    user_agent = models.CharField(_("browser"), max_length=255, blank=True)

    objects = LoginEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("log-in")
        verbose_name_plural = _("log-ins")
        indexes = [models.Index(fields=["user", "-at"], name="loginevent_of_user")]

    def __str__(self) -> str:
        return f"{self.login}: {self.get_kind_display()}"


def record(kind: str, user: User | None, request: HttpRequest | None = None) -> LoginEvent:
    """Write down what happened, in the schema where it did; a command has no request."""
    return LoginEvent.objects.create(
        kind=kind,
        user=user,
        login=user.get_username() if user else "",
        address=address_of(request) if request else None,
        user_agent=user_agent_of(request) if request else "",
    )
