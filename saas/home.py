"""The first page of a tenant's site: what each app has to say of how things are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string


class Attention(Protocol):
    """Something that a person should look at, and where it is put right."""

    @property
    def text(self) -> str: ...
    @property
    def link(self) -> str: ...


class Part(Protocol):
    """What one app shows; its template is given it as `part`."""

    @property
    def template(self) -> str: ...
    @property
    def attention(self) -> Sequence[Attention]: ...


def parts_of_home(request: HttpRequest, now: datetime) -> list[Part]:
    """Return the parts that this user may see: each function that `HOME_PARTS` names is asked for one."""
    found = (import_string(name)(request, now) for name in settings.HOME_PARTS)
    return [part for part in found if part is not None]


def home_context(request: HttpRequest, now: datetime) -> dict[str, Any]:
    parts = parts_of_home(request, now)
    return {"parts": parts, "attention": [one for part in parts for one in part.attention]}
