"""Whoever gave the right password and still owes the second factor: not logged in, but remembered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from tenants.accounts.models import User

KEY = "pending"
#: How long one may take to find the telephone.
PATIENCE = timedelta(minutes=10)


def remember(request: HttpRequest, user: User, target: str) -> None:
    """Begin a session in which nobody is logged in, but `user` may give the second factor."""
    request.session.flush()
    request.session[KEY] = {
        "user": user.pk,
        "hash": user.get_session_auth_hash(),
        "until": (timezone.now() + PATIENCE).timestamp(),
        "target": target,
    }


def who(request: HttpRequest) -> User | None:
    """Return who is awaited, unless it took too long or their password or rights have changed."""
    waiting = request.session.get(KEY)
    if not waiting or waiting["until"] < timezone.now().timestamp():
        return None
    user = User.objects.filter(pk=waiting["user"], is_active=True).first()
    return user if user and user.made(waiting["hash"]) else None


def target(request: HttpRequest) -> str:
    """Return where the log-in was to lead."""
    waiting: dict[str, Any] = request.session[KEY]
    return str(waiting["target"])


def settle(request: HttpRequest) -> str:
    """Forget who was awaited and return where the log-in was to lead."""
    leads_to = target(request)
    del request.session[KEY]
    return leads_to
