"""Content types are remembered per schema: their ids may differ, and threads are in several at once.

Django remembers them for the whole process; django-tenants empties that memory at every change of
the tenant, which another thread may do between two lines (its issue 290).
"""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType

from tenants.schema import current_schema


class CacheBySchema(dict[Any, Any]):
    """Stands for the manager's dictionary, whose keys are database aliases."""

    def __getitem__(self, alias: str) -> Any:
        return super().__getitem__((current_schema(), alias))

    def setdefault(self, alias: str, default: Any = None) -> Any:
        return super().setdefault((current_schema(), alias), default)


def remember_by_schema() -> None:
    manager: Any = ContentType.objects
    manager._cache = CacheBySchema()
