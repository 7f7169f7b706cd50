"""Logos on disk: random names in the tenant's own folder, gone when another takes their place."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from tenants.branding.models import Branding
from tenants.branding.pictures import Picture

FOLDER = "logos"
NAME_BYTES = 16
TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}
#: A file that no row names after so long is of a request that came to nothing.
LOST = timedelta(days=1)


def keep(picture: Picture) -> str:
    """Write a picture into the current tenant's folder; return its name, of which nothing was given."""
    name = f"{FOLDER}/{secrets.token_hex(NAME_BYTES)}.{picture.suffix}"
    return default_storage.save(name, ContentFile(picture.content))


def read(name: str) -> tuple[bytes, str]:
    """Return a logo and its content type; raises FileNotFoundError."""
    with default_storage.open(name) as file:
        return file.read(), TYPES[Path(name).suffix]


def remove(name: str) -> None:
    """Delete a logo once that is committed.

    The path is taken now, as another tenant may be entered by then.
    """
    transaction.on_commit(partial(Path(default_storage.path(name)).unlink, missing_ok=True))


def sweep(now: datetime) -> None:
    """Delete the current tenant's files that no row names, of requests that came to nothing."""
    with transaction.atomic():
        kept, lost = Path(Branding.current().logo).name, (now - LOST).timestamp()
    for file in Path(default_storage.path(FOLDER)).glob("*.*"):
        if file.name != kept and file.stat().st_mtime < lost:
            file.unlink(missing_ok=True)
