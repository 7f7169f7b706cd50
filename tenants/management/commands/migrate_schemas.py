"""django-tenants' `migrate_schemas`, and then the rows that a fresh installation needs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string
from django_tenants.management.commands import migrate_schemas
from django_tenants.management.commands.migrate_schemas import MigrateSchemasCommand
from django_tenants.utils import schema_context

from tenants.models import Tenant, TenantQuerySet
from tenants.postgresql.base import owner_rights
from tenants.postgresql.roles import make_missing_roles
from tenants.provisioning import ensure_platform_tenant


class Command(MigrateSchemasCommand):
    help = "Bring the public schema and every tenant's up to date. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        with owner_rights(), only_built_tenants():
            super().handle(*args, **options)
        if self.sync_public and not self.names_a_migration(options):
            seed_platform()

    @staticmethod
    def names_a_migration(options: dict[str, Any]) -> bool:
        """Whether only a part was migrated, or nothing: then the tables may not all be there."""
        partial = ("app_label", "plan", "check_unapplied", "prune", "fake")
        return any(options.get(name) for name in partial)


@contextmanager
def only_built_tenants() -> Iterator[None]:
    """Have django-tenants, which migrates all tenants, see none that has no schema (yet)."""
    stock = migrate_schemas.get_tenant_model
    migrate_schemas.get_tenant_model = BuiltTenants
    try:
        yield
    finally:
        migrate_schemas.get_tenant_model = stock


class BuiltTenants:
    """Stands for the Tenant model in django-tenants' command, which asks for `objects` and no more."""

    @property
    def objects(self) -> TenantQuerySet:
        return Tenant.objects.built()


def seed_platform() -> None:
    with transaction.atomic(), schema_context("public"):
        ensure_platform_tenant()
        make_missing_roles()
        for path in settings.PLATFORM_SEEDING_STEPS:
            import_string(path)()
