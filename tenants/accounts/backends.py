"""Who may try to log in, and who may do what: a tenant's user by role, the platform's staff as Django's superusers."""

from typing import Any

from axes.backends import AxesStandaloneBackend
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.db import models
from django.http import HttpRequest

from tenants.accounts.models import User
from tenants.schema import in_public_schema


class ThrottlingBackend(AxesStandaloneBackend):
    """Refuses whoever is locked out. A script has no request: there is nobody to count, so it passes."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> None:
        if request is not None:
            super().authenticate(request, **credentials)


class RoleBackend(ModelBackend):
    """Grants what `TENANT_ROLE_PERMISSIONS` gives a role in a tenant's schema, and no more."""

    def get_all_permissions(self, user_obj: Any, obj: models.Model | None = None) -> set[str]:
        if not isinstance(user_obj, User) or not user_obj.is_active or obj is not None:
            return set()
        if in_public_schema():
            return super().get_all_permissions(user_obj, obj)
        return set(settings.TENANT_ROLE_PERMISSIONS.get(user_obj.role, ()))

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return any(
            permission.startswith(f"{app_label}.")
            for permission in self.get_all_permissions(user_obj)
        )
