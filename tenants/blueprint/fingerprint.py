"""What a blueprint depends on. When any of it changes, the blueprint is of no more use."""

import hashlib
import inspect
import sys
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path

import django
from django.apps import AppConfig, apps
from django.conf import settings
from django.contrib.auth import management
from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader


def current_fingerprint() -> str:
    """Return the fingerprint of this code on this server, as 64 hexadecimal digits."""
    server = connection.pg_version // 10_000  # type: ignore[attr-defined]
    return hashlib.sha256(f"{fingerprint_of_code()} {server}".encode()).hexdigest()


@cache
def fingerprint_of_code() -> str:
    digest = hashlib.sha256()
    for part in parts():
        digest.update(f"{part}\0".encode())
    return digest.hexdigest()


def parts() -> Iterator[str]:
    """Yield the migrations, word for word, the permissions written after them, and who reads them."""
    yield f"{django.get_version()} {metadata.version('django-tenants')} {settings.TENANT_APPS}"
    for path in sorted(Path(__file__).parent.glob("*.py")):
        yield path.read_text()
    loader = MigrationLoader(None)
    for key, migration in sorted(loader.disk_migrations.items()):
        yield f"{key} {text_of(migration)}"
    for config in apps.get_app_configs():
        yield from permissions_of(config)


def text_of(migration: Migration) -> str:
    """Return a migration's source, and its SQL, which another module may have put together."""
    source = inspect.getsource(sys.modules[type(migration).__module__])
    return source + "".join(str(getattr(step, "sql", "")) for step in migration.operations)


def permissions_of(config: AppConfig) -> Iterator[str]:
    """Yield what Django writes into the tables of content types and permissions for an app."""
    for model in config.get_models():
        # Django's own list, of which its stubs do not know.
        permissions = management._get_all_permissions(model._meta)  # type: ignore[attr-defined]
        yield f"{model._meta.label_lower} {permissions}"
