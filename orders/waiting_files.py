"""Order files that were looked at and wait for the word to be imported.

One for each session, which alone knows its token; so it is one person's, of one tenant. The file is
under the token's name in a folder of its own, and whoever takes it first has it.
"""

from __future__ import annotations

import secrets
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from django.core.files import File
from django.core.files.storage import default_storage

FOLDER = "order_files_waiting"
SESSION_KEY = "order_file_waiting"
TOKEN_BYTES = 24
WAITS_SECONDS = 3600


class WaitingFile(NamedTuple):
    """A file that was kept: where it is, what its sender called it, and how large it is."""

    path: Path
    name: str
    size: int


def keep(session: Any, path: Path, name: str, size: int) -> str:
    """Keep a file for this session instead of any other; return the token by which it is taken."""
    forget(session)
    token = secrets.token_hex(TOKEN_BYTES)
    with path.open("rb") as content:
        default_storage.save(stored_name(token), File(content))
    kept = {"token": token, "name": name, "size": size, "kept_at": time.time()}
    session[SESSION_KEY] = kept
    return token


def take(session: Any, token: str) -> WaitingFile | None:
    """Return the file of this token, for the caller to import and delete; None if there is none.

    Of two who take it at once one has it: it is renamed.
    """
    kept = session.get(SESSION_KEY) or {}
    if not secrets.compare_digest(str(kept.get("token", "")).encode(), token.encode()) or not token:
        return None
    if time.time() - kept["kept_at"] > WAITS_SECONDS:
        forget(session)
        return None
    del session[SESSION_KEY]
    path = path_of(token)
    taken = path.with_suffix(".taken")
    try:
        path.rename(taken)
    except FileNotFoundError:
        return None
    return WaitingFile(taken, kept["name"], kept["size"])


def forget(session: Any) -> None:
    """Delete the file that waits for this session, if any."""
    if kept := session.pop(SESSION_KEY, None):
        path_of(kept["token"]).unlink(missing_ok=True)


def sweep_waiting(now: datetime) -> None:
    """Delete the current tenant's files that nobody may take any more."""
    limit = (now - timedelta(seconds=WAITS_SECONDS)).timestamp()
    for file in Path(default_storage.path(FOLDER)).glob("*"):
        if file.stat().st_mtime < limit:
            file.unlink(missing_ok=True)


def path_of(token: str) -> Path:
    return Path(default_storage.path(stored_name(token)))


def stored_name(token: str) -> str:
    return f"{FOLDER}/{token}.csv"
