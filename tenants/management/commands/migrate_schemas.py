"""django-tenants' `migrate_schemas`, and then the rows that a fresh installation needs."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection, transaction
from django.utils.module_loading import import_string
from django_tenants.management.commands import migrate_schemas
from django_tenants.management.commands.migrate_schemas import MigrateSchemasCommand
from django_tenants.utils import schema_context

from tenants.blueprint.making import ensure_blueprint
from tenants.models import Tenant, TenantQuerySet
from tenants.postgresql.base import owner_rights
from tenants.postgresql.logins import make_logins
from tenants.postgresql.roles import make_groups, make_missing_roles, withhold_everywhere
from tenants.provisioning import ensure_platform_tenant

OLDEST_POSTGRES = 150000


class Command(MigrateSchemasCommand):
    help = "Bring the public schema and every tenant's up to date. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_unfit_database()
        refuse_shared_logins()
        with owner_rights(), only_built_tenants():
            super().handle(*args, **options)
        if self.sync_public and not self.names_a_migration(options):
            seed_platform()
            ensure_blueprint()

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


def refuse_unfit_database() -> None:
    """Raise CommandError, in one line, where walls could not be built. Nothing is changed before."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        version = cursor.fetchone()[0]
        if connection.pg_version < OLDEST_POSTGRES:  # type: ignore[attr-defined]
            raise CommandError(f"PostgreSQL {version} is too old: 15 or later is needed.")
        cursor.execute(
            "SELECT rolname FROM pg_roles "
            "WHERE rolname = current_user AND NOT (rolcreaterole OR rolsuper)"
        )
        if login := cursor.fetchone():
            raise CommandError(
                f"Login '{login[0]}' may not create roles, which keep tenants apart: "
                f'ALTER ROLE "{login[0]}" CREATEROLE'
            )


def refuse_shared_logins() -> None:
    """Raise CommandError where two kinds of process are given one login.

    Each kind's rights replace what its login had, so that the owner's would lose its own tables.
    """
    given = [login["USER"] for login in settings.DATABASES["default"]["GIVEN_LOGINS"].values()]
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        users = Counter([cursor.fetchone()[0], *given])
    for login, times in users.items():
        if times > 1:
            raise CommandError(
                f"Login '{login}' is given to more than one kind of process: each needs its own."
            )


def seed_platform() -> None:
    with transaction.atomic(), schema_context("public"):
        ensure_platform_tenant()
        make_groups()
        make_logins()
        make_missing_roles()
        withhold_everywhere()
        for path in settings.PLATFORM_SEEDING_STEPS:
            import_string(path)()
