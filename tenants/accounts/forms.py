"""Forms about people: those of a tenant, the platform's staff, and a forgotten password."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import structlog
from django import forms
from django.contrib.auth.forms import PasswordResetForm
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.accounts.events import LoginEvent, record
from tenants.accounts.invitations import send_link
from tenants.accounts.models import User
from tenants.zone_field import TimeZoneField

RESETS_PER_HOUR = 5

logger = structlog.get_logger(__name__)


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]
    """Whatever else is posted, no other column of a user can be written by it."""

    timezone = TimeZoneField(required=False, help_text=_("Empty: the tenant's time zone."))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.stays_in_charge(cleaned) and self.is_last_in_charge():
            field = "is_active" if not cleaned.get("is_active") else "role"
            self.add_error(field, _("Nobody else is left to let people in: this one must stay."))
        return cleaned

    def stays_in_charge(self, cleaned: dict[str, Any]) -> bool:
        role = cleaned.get("role", self.instance.role)
        return bool(cleaned.get("is_active")) and role in {User.Role.OWNER, User.Role.PLATFORM}

    def is_last_in_charge(self) -> bool:
        return bool(self.instance.pk) and leaves_nobody_in_charge([self.instance.pk])


def leaves_nobody_in_charge(leaving: Iterable[int]) -> bool:
    """Whether without these users nobody could let others in. The rows are locked against a race."""
    in_charge = {user.pk for user in User.objects.in_charge().select_for_update().order_by("pk")}
    return bool(in_charge) and in_charge <= set(leaving)


class TenantUserForm(PersonForm):
    role = forms.ChoiceField(
        label=_("role"),
        choices=[choice for choice in User.Role.choices if choice[0] != User.Role.PLATFORM],
        initial=User.Role.VIEWER,
    )

    class Meta:
        model = User
        fields = ["email", "login_name", "full_name", "role", "language", "timezone", "is_active"]


class StaffForm(PersonForm):
    class Meta:
        model = User
        fields = ["email", "full_name", "language", "timezone", "is_active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].required = True


def has_asked_enough(user: User) -> bool:
    """Whether anybody got this user enough mails within the hour."""
    asked = LoginEvent.objects.of(user).filter(kind=LoginEvent.Kind.RESET_ASKED)
    return asked.since(timezone.now() - timedelta(hours=1)).count() >= RESETS_PER_HOUR


class ResetForm(PasswordResetForm):
    """Mails a link to those who are known here, also to somebody who never set a password."""

    def get_users(self, email: str) -> Iterable[User]:
        return User.objects.filter(email=email.strip().lower(), is_active=True)

    def save(self, *, request: Any, **_options: Any) -> None:  # type: ignore[override]
        for user in self.get_users(self.cleaned_data["email"]):
            if has_asked_enough(user):
                continue
            record(LoginEvent.Kind.RESET_ASKED, user, request)
            try:
                send_link(user, request.tenant, "password_reset")
            except OSError:
                # The answer must not tell who is known here, so it is the same as ever.
                logger.exception("mail not sent", user=user.pk)
