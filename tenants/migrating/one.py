"""Bringing one schema up to date, by Django's own `migrate`."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django_tenants.utils import get_tenant_base_migrate_command_class

from tenants.postgresql.base import owner_rights
from tenants.schema import enter_public_schema


def migrate_schema(schema_name: str, *names: str, **options: Any) -> None:
    """Run `migrate` in one schema, with its own arguments; without any, all that is missing.

    Each migration is a transaction, so what was done stays done when a later one fails.
    """
    wrapper: Any = connection
    command = get_tenant_base_migrate_command_class()
    with owner_rights():
        wrapper.set_schema(schema_name)
        try:
            # Before `migrate` looks for it, which would find nothing applied, and not make it.
            MigrationRecorder(connection).ensure_schema()
            call_command(command(), *names, **({"verbosity": 0, "interactive": False} | options))
        finally:
            enter_public_schema()
