"""The rows of sessions, so that people see where they are logged in and can end it."""

from __future__ import annotations

import hashlib
from typing import ClassVar, Self

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.accounts.sessions import SessionStore


class SessionQuerySet(models.QuerySet["Session"]):
    def of(self, user: models.Model) -> Self:
        return self.filter(user=user, expire_date__gt=timezone.now()).order_by("-seen_at")


class Session(AbstractBaseSession):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True)
    address = models.GenericIPAddressField(_("address"), null=True)
    user_agent = models.CharField(_("browser"), max_length=255, blank=True)
    created_at = models.DateTimeField(_("logged in"), default=timezone.now)
    seen_at = models.DateTimeField(_("last seen"), default=timezone.now)

    objects: ClassVar = BaseSessionManager.from_queryset(SessionQuerySet)()

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")

    def __str__(self) -> str:
        """Never the key, which is as good as a password: Django's pages show this."""
        return f"{self.user_agent} ({self.address})"

    @classmethod
    def get_session_store_class(cls) -> type[SessionStore]:
        return SessionStore

    @property
    def handle(self) -> str:
        """What a page may call this session by."""
        return hashlib.sha256(self.session_key.encode()).hexdigest()

    @property
    def auth_hash(self) -> str:
        return str(self.get_decoded().get(HASH_SESSION_KEY, ""))
