"""What `check --deploy` finds besides Django's own: a database that opens to whoever tries."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.checks import Tags, Warning, register

PASSWORD_MINIMUM = 16  # characters
LOCAL = ("", "localhost", "127.0.0.1", "::1")


@register(Tags.security, deploy=True)
def database_password_is_strong(**_options: Any) -> list[Warning]:
    """Warn of a password that can be guessed."""
    if is_strong(settings.DATABASES["default"]):
        return []
    text = (
        f"The database's password is shorter than {PASSWORD_MINIMUM} characters or the user's name."
    )
    return [Warning(text, id="tenants.W001", hint="Make one: openssl rand -base64 24")]


def is_strong(login: Mapping[str, Any]) -> bool:
    """Whether nobody can log in by guessing. On this machine a login may do without a password."""
    password = str(login.get("PASSWORD") or "")
    if not password:
        return is_local(str(login.get("HOST") or ""))
    return len(password) >= PASSWORD_MINIMUM and password not in str(login["USER"]) * 9


def is_local(host: str) -> bool:
    return host in LOCAL or host.startswith("/")
