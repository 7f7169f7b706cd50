"""Writes the log of log-ins, as Django tells of them."""

from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest
from django.utils import timezone

from tenants.accounts.events import LoginEvent, record
from tenants.accounts.models import User
from tenants.accounts.places import address_of
from tenants.accounts.sessions import note_client
from tenants.accounts.throttling import find_user

Kind = LoginEvent.Kind


def log_in(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:
    note_client(request, timezone.now())
    record(Kind.LOGGED_IN, user, request)


def log_out(sender: Any, request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is not None:
        record(Kind.LOGGED_OUT, user, request)


def log_failure(
    sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any
) -> None:
    """Log what was refused; while somebody is locked out, once, so that knocking fills no table."""
    if request is None:
        return
    user = find_user(str(credentials.get("username") or ""))
    if not getattr(request, "axes_locked_out", False):
        record(Kind.REFUSED, user, request)
    elif not is_told(user, request):
        record(Kind.LOCKED, user, request)


def is_told(user: User | None, request: HttpRequest) -> bool:
    lately = LoginEvent.objects.since(timezone.now() - settings.AXES_COOLOFF_TIME)
    return lately.filter(kind=Kind.LOCKED, user=user, address=address_of(request)).exists()


def listen() -> None:
    """Hear of it after axes, which `throttling` imports: a failure that locks out is told as that."""
    user_logged_in.connect(log_in)
    user_logged_out.connect(log_out)
    user_login_failed.connect(log_failure)
