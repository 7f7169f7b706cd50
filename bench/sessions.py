"""Database sessions of other kinds of process, and of a stock django-tenants."""

from __future__ import annotations

from typing import Any

from django.db import connections
from django_tenants.postgresql_backend.base import DatabaseWrapper as StockWrapper

from saas.database import session_options
from tenants.postgresql.base import DatabaseWrapper
from tenants.postgresql.sessions import LoginSessions


class PlainWrapper(LoginSessions, StockWrapper):
    """django-tenants' backend, with the attributes that our code expects of a connection."""

    as_owner = False
    guest_of: str | None = None


def session_of(login: str, backend: type = DatabaseWrapper) -> Any:
    """Return a new session of that login, set as its processes' are; whoever asks closes it."""
    own = connections["default"].settings_dict
    options = own["OPTIONS"] | session_options(login)
    return backend(own | {"LOGIN": login, "OPTIONS": options}, "default")
