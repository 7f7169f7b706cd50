"""The tenant whose orders these are: the one whose schema the connection is in."""

from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string


def current_tenant() -> Any:
    return connection.tenant  # type: ignore[attr-defined]  # django-tenants adds it


def tenant_name() -> str:
    """Return what the tenant calls itself, on one line."""
    name: str = import_string(settings.TENANT_DISPLAY_NAME)(current_tenant())
    return name


def tenant_zone() -> ZoneInfo:
    return ZoneInfo(current_tenant().timezone)
