"""Order files on disk: random names in the tenant's own folder, gone when their row is."""

import secrets
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction

FOLDER = "order_files"
NAME_BYTES = 16


def random_name(_file: Any, _name: str) -> str:
    """Return where a file is kept. Nothing of what its sender called it is in there."""
    return f"{FOLDER}/{secrets.token_hex(NAME_BYTES)}.csv"


def remove_file(instance: Any, **_signal: Any) -> None:
    """Delete the file of a row that was deleted, once that is committed.

    Its path is taken now, as another tenant may be entered by then.
    """
    if instance.file:
        transaction.on_commit(partial(Path(instance.file.path).unlink, missing_ok=True))


def oldest_kept(now: datetime) -> datetime:
    return now - timedelta(days=settings.ORDER_FILE_RETENTION_DAYS)


def sweep(limit: datetime) -> None:
    """Delete the current tenant's files from before `limit`, whether a row knows of them or not.

    A worker that dies between writing a file and committing its row leaves one that none knows.
    """
    folder = Path(default_storage.path(FOLDER))
    for file in folder.glob("*.csv"):
        if file.stat().st_mtime < limit.timestamp():
            file.unlink(missing_ok=True)
