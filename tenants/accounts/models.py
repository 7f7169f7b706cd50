"""Our own user: logs in by e-mail, has a language, a time zone and a role.

The table stands in every schema: a tenant's users in the tenant's, the platform's staff in public.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

from tenants.accounts.devices import RecoverySheet, SecurityPolicy
from tenants.accounts.events import LoginEvent
from tenants.accounts.languages import languages
from tenants.accounts.session_rows import Session
from tenants.names import validate_timezone
from tenants.schema import current_schema

#: Django looks for an app's models in this module.
__all__ = ["LoginEvent", "RecoverySheet", "SecurityPolicy", "Session", "User"]


class UserQuerySet(models.QuerySet["User"]):
    def owners(self) -> UserQuerySet:
        return self.filter(role=User.Role.OWNER, is_active=True)

    def in_charge(self) -> UserQuerySet:
        """Those who can let others in: a tenant's active owners, in public the platform's staff."""
        return self.filter(role__in=User.IN_CHARGE, is_active=True)

    def invited(self) -> UserQuerySet:
        """Those who never set a password: an invitation is all that they have."""
        return self.filter(password__startswith=UNUSABLE_PASSWORD_PREFIX)


class UserManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]
    use_in_migrations = False

    def create_user(
        self, email: str | None = None, password: str | None = None, **fields: Any
    ) -> User:
        """Store a user; without a password nobody can log in until one is set."""
        user: User = self.model(email=email, **fields)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save(using=self._db)
        return user

    def create_superuser(
        self, email: str | None = None, password: str | None = None, **fields: Any
    ) -> User:
        """Store a member of the platform's staff (public schema only, by constraint)."""
        return self.create_user(
            email,
            password,
            **{"role": User.Role.PLATFORM, "is_staff": True, "is_superuser": True} | fields,
        )

    def get_by_natural_key(self, username: str | None) -> User:
        """Find a user by e-mail, or by login name where there is no e-mail; case does not count."""
        login = (username or "").strip().lower()
        user: User = self.get(models.Q(email=login) | models.Q(login_name=login))
        return user


class User(AbstractBaseUser, PermissionsMixin):  # type: ignore[django-manager-missing]
    class Role(models.TextChoices):
        OWNER = "owner", _("owner")
        MANAGER = "manager", _("manager")
        VIEWER = "viewer", _("viewer")
        PLATFORM = "platform", _("platform staff")

    email = models.EmailField(_("e-mail"), unique=True, null=True, blank=True)
    login_name = models.SlugField(
        _("login name"),
        unique=True,
        null=True,
        blank=True,
        help_text=_("Only for someone without an e-mail address."),
    )
    full_name = models.CharField(_("name"), max_length=150, blank=True)
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.VIEWER)
    language = models.CharField(_("language"), max_length=10, choices=languages, default="en")
    timezone = models.CharField(
        _("time zone"),
        max_length=64,
        blank=True,
        validators=[validate_timezone],
        help_text=_("Empty: the tenant's time zone."),
    )
    mail_missed_runs = models.BooleanField(
        _("Mail me when a run is missed, and when all is well again"),
        default=True,
        db_default=True,
    )
    mail_held_runs = models.BooleanField(
        _("Mail me when a run is held until somebody approves it"), default=True, db_default=True
    )
    mail_weekly_summary = models.BooleanField(
        _("Mail me the summary of the week"), default=True, db_default=True
    )
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("may use the admin"), default=True)
    #: When a link to set the first password was last sent or shown.
    invited_at = models.DateTimeField(_("invited"), null=True, editable=False)
    date_joined = models.DateTimeField(_("date joined"), auto_now_add=True)
    #: Counts the changes of this user's second factor, each of which ends the sessions before it.
    factors_version = models.PositiveIntegerField(default=0, editable=False)

    objects = UserManager()

    #: Roles whose holders let others in.
    IN_CHARGE: ClassVar = (Role.OWNER, Role.PLATFORM)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.CheckConstraint(
                name="user_can_be_named",
                condition=models.Q(email__isnull=False) | models.Q(login_name__isnull=False),
                violation_error_message=_("Give an e-mail address or a login name."),
            )
        ]

    def __str__(self) -> str:
        return self.get_username()

    def clean(self) -> None:
        """Bring what one logs in with into the form it is stored in, before it is held unique.

        Django's own would copy the login name of somebody without an e-mail address into `email`.
        """
        self.email = self.email.strip().lower() if self.email else None
        self.login_name = self.login_name.strip().lower() if self.login_name else None

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.clean()
        super().save(*args, **kwargs)

    def get_username(self) -> str:
        """Return what this user logs in with."""
        return self.email or self.login_name or ""

    get_username.short_description = _("login")  # type: ignore[attr-defined]  # as a column

    @property
    def is_in_charge(self) -> bool:
        return self.role in self.IN_CHARGE

    def get_full_name(self) -> str:
        return self.full_name or self.get_username()

    def get_short_name(self) -> str:
        return self.get_full_name()

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """A session is over as soon as any of this changes; Django asks at every request."""
        facts = [current_schema(), self.pk, self.password, self.role, self.is_active]
        facts += [self.is_staff, self.is_superuser, self.factors_version]
        salt = "tenants.accounts.session"
        return salted_hmac(salt, repr(facts), secret=secret, algorithm="sha256").hexdigest()

    def auth_hashes(self) -> Iterator[str]:
        yield self.get_session_auth_hash()
        yield from self.get_session_auth_fallback_hash()

    def made(self, auth_hash: str) -> bool:
        """Whether this is this user's hash, as things stand, also with a secret key on its way out."""
        return any(constant_time_compare(auth_hash, known) for known in self.auth_hashes())

    def change_factors(self) -> None:
        self.factors_version += 1
        self.save(update_fields=["factors_version"])
