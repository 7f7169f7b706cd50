"""Where a user is logged in, and ending it."""

from collections.abc import Iterable

from django_otp.plugins.otp_totp.models import TOTPDevice

from tenants.accounts.models import Session, User


def live_sessions(user: User) -> list[Session]:
    """Return the user's sessions that still let somebody in, the one last seen first."""
    return [row for row in Session.objects.of(user) if user.made(row.auth_hash)]


def end_sessions(rows: Iterable[Session]) -> None:
    """End sessions. A request that is under way in one cannot bring it back: its save is refused."""
    Session.objects.filter(pk__in=[row.pk for row in rows]).delete()


def end_sessions_of(user: User) -> None:
    Session.objects.of(user).delete()


def end_unproven_sessions() -> None:
    """End the sessions of all who have no second factor."""
    having = TOTPDevice.objects.values("user")
    Session.objects.filter(user__isnull=False).exclude(user__in=having).delete()
