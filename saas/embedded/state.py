"""Where a checkout keeps what must outlive a process: data, passwords, and what runs now."""

import fcntl
import hashlib
import json
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from saas.embedded.errors import AlreadyRunning, ServiceError

CHECKOUT = Path(__file__).resolve().parents[2]
LOCK_PATIENCE_SECONDS = 0.5
# Others may pass through, because as root the servers run under another account, but not look in.
FOLDER_MODE = 0o711


def state_dir() -> Path:
    """This user's state directory of this checkout, made when absent.

    It is `.local/` in the checkout. Where that is not ours (root or another user made it, or the
    checkout cannot be written) it is a directory in our home, else in the temporary folder.
    TENANTBEAT_STATE names another.
    """
    for candidate in _candidates():
        if _is_ours(candidate):
            return candidate
    tried = ", ".join(map(str, _candidates()))
    raise ServiceError(f"no folder for state that is ours and can be written: tried {tried}")


def checkout_key() -> str:
    """A short name for this checkout, the same at every start."""
    return hashlib.sha256(os.fsencode(CHECKOUT)).hexdigest()[:12]


def _candidates() -> Iterator[Path]:
    if named := os.environ.get("TENANTBEAT_STATE"):
        yield Path(named).resolve()
        return
    yield CHECKOUT / ".local"
    yield Path("~/.local/state/tenantbeat").expanduser() / checkout_key()
    yield Path(tempfile.gettempdir()) / f"tenantbeat-{os.geteuid()}-{checkout_key()}"


def _is_ours(folder: Path) -> bool:
    """Make the folder if need be; false when it belongs to somebody else or cannot be made."""
    try:
        if not folder.exists():
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(FOLDER_MODE)
        found = folder.lstat()
    except OSError:
        return False
    is_plain_folder = folder.is_dir() and not folder.is_symlink()
    return is_plain_folder and found.st_uid == os.geteuid() and not found.st_mode & 0o022


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step with one that only we can read."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w") as file:
        file.write(text)
    Path(name).replace(path)


@dataclass(frozen=True)
class Urls:
    """How to reach running services. Each holds a password."""

    database_url: str
    superuser_url: str
    broker_url: str

    def environment(self) -> dict[str, str]:
        """The same as environment variables."""
        return {
            "DATABASE_URL": self.database_url,
            "SUPERUSER_DATABASE_URL": self.superuser_url,
            "CELERY_BROKER_URL": self.broker_url,
        }


class State:
    """One state directory: its lock, its passwords and its record of what runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.logs = folder / "logs"
        self.record = folder / "services.json"
        self._lock: IO[str] | None = None

    def acquire(self) -> None:
        """Hold the directory for this process until `release`, or say that another does."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.logs.mkdir(mode=0o700, exist_ok=True)
        lock = self._open_lock()
        deadline = time.monotonic() + LOCK_PATIENCE_SECONDS
        # A little patience, because a reader of `running()` holds the lock for an instant too.
        while not _locked(lock, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                lock.close()
                raise AlreadyRunning(f"services already run on {self.folder}")
            time.sleep(0.05)
        self._lock = lock
        self.record.unlink(missing_ok=True)

    def release(self) -> None:
        self.record.unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def is_held(self) -> bool:
        try:
            lock = self._open_lock()
        except OSError:
            return False
        with lock:
            return not _locked(lock, fcntl.LOCK_SH)

    def _open_lock(self) -> IO[str]:
        return open(self.folder / "services.lock", "a", opener=_private)

    def password(self, name: str) -> str:
        """The stored password of that name, generated at its first use."""
        path = self.folder / "passwords.json"
        passwords: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        if name not in passwords:
            passwords[name] = secrets.token_urlsafe(24)
            write_private(path, json.dumps(passwords, indent=1))
        return passwords[name]

    def announce(self, urls: Urls) -> None:
        write_private(self.record, json.dumps(urls.__dict__, indent=1))

    def announced(self) -> Urls | None:
        """The URLs of services that run now; a record that outlived its process does not count."""
        if not self.is_held():
            return None
        try:
            return Urls(**json.loads(self.record.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def discard(self) -> None:
        """Delete everything, also what had to be kept outside. The caller holds the lock."""
        outside = self._outside_note()
        if outside.exists():
            shutil.rmtree(outside.read_text(), ignore_errors=True)
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def outside(self) -> Path | None:
        """The folder outside that `keep_outside` noted, unless it has been deleted since."""
        try:
            folder = Path(self._outside_note().read_text())
        except OSError:
            return None
        return folder if folder.is_dir() and folder.stat().st_uid == os.geteuid() else None

    def keep_outside(self, folder: Path) -> None:
        write_private(self._outside_note(), str(folder))

    def _outside_note(self) -> Path:
        return self.folder / "outside"


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _locked(lock: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
