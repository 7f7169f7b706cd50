"""The tenant whose orders these are: the one whose schema the connection is in."""

from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection


def current_tenant() -> Any:
    return connection.tenant  # type: ignore[attr-defined]  # django-tenants adds it


def tenant_zone() -> ZoneInfo:
    return ZoneInfo(current_tenant().timezone)
