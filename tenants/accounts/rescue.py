"""Helping somebody who locked themselves out."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest

from tenants.accounts import second_factor, throttling
from tenants.accounts.events import LoginEvent, record
from tenants.accounts.models import User


def called(login: str) -> User:
    """Return who logs in as this in the current schema; raises ValidationError when nobody does."""
    user = throttling.find_user(login)
    if user is None:
        raise ValidationError(f"Nobody logs in as '{login}' here.")
    return user


def unlock_login(user: User) -> int:
    """End a lock-out of the account, from everywhere, and return how many places had failed."""
    with transaction.atomic():
        record(LoginEvent.Kind.UNLOCKED, user)
        return throttling.unlock(user)


def reset_second_factor(user: User, request: HttpRequest | None = None) -> None:
    """Take away the authenticator and the recovery codes; the user's sessions end."""
    with transaction.atomic():
        second_factor.remove(user)
        record(LoginEvent.Kind.FACTOR_RESET, user, request)
