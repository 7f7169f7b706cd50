"""System checks: raw SQL in tenants' apps, with which an injection would begin, is named one by one."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

#: Ways past the ORM, as they are called.
RAW_SQL = {"cursor", "chunked_cursor", "raw", "extra", "RawSQL", "execute", "copy_expert"}


@register(Tags.security)
def check_raw_sql(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Report raw SQL in a tenant's app, unless settings name the module and its reason."""
    return [
        Error(
            f"{path}:{line} speaks SQL: use the ORM, or name the module and the reason in "
            "RAW_SQL_ALLOWED.",
            id="tenants.E001",
        )
        for path in tenant_modules(settings.BASE_DIR)
        if path.as_posix() not in settings.RAW_SQL_ALLOWED
        for line in raw_sql_in((settings.BASE_DIR / path).read_text())
    ]


def tenant_modules(base: Path) -> Iterator[Path]:
    """Yield the modules of our apps in tenants' schemas, relative to `base`; no migrations."""
    folders = {Path(config.path): config.name for config in apps.get_app_configs()}
    for folder, name in folders.items():
        is_ours = folder == base.joinpath(*name.split("."))
        if name not in settings.TENANT_APPS or not is_ours:
            continue
        others = [other for other in folders if other != folder and other.is_relative_to(folder)]
        for path in sorted(folder.rglob("*.py")):
            if "migrations" not in path.parts and not any(map(path.is_relative_to, others)):
                yield path.relative_to(base)


def raw_sql_in(source: str) -> Iterator[int]:
    """Yield the line of each call that goes past the ORM."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", None) or getattr(node.func, "id", None)
            if name in RAW_SQL:
                yield node.lineno
