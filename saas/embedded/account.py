"""The user account that the servers run under: ours, or an unprivileged one when we are root."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from saas.embedded.errors import ServiceError

CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    name: str
    uid: int
    gid: int

    @property
    def popen(self) -> dict[str, Any]:
        """Arguments for subprocess that give up root for good, supplementary groups included."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        os.chown(path, self.uid, self.gid)

    def can_run(self, argv: Sequence[str | Path]) -> bool:
        """True when this account reaches the program and the program succeeds."""
        try:
            done = subprocess.run(  # noqa: S603 - programs of ours
                argv, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, **self.popen
            )
        except OSError:
            return False
        return done.returncode == 0

    def can_enter(self, folder: Path) -> bool:
        """True when every folder on the way can be passed, whatever grants or denies it."""
        return self.can_run(["/bin/sh", "-c", 'cd "$1"', "sh", folder])


def server_account() -> Account | None:
    """The account to drop to, or None when we are an ordinary user: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    wanted = " or ".join(CANDIDATES)
    raise ServiceError(f"PostgreSQL does not run as root, and there is no user {wanted} to run it")
