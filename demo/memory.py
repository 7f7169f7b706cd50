"""What the demo remembers from one start to the next: passwords, and which tenants are complete."""

import json
import secrets
from pathlib import Path
from typing import Any

from saas.embedded.state import write_private

PASSWORD_BYTES = 9


class Memory:
    """A file of the state directory that only its owner can read."""

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / "demo.json"
        self._content: dict[str, Any] = {"passwords": {}, "complete": []}
        if self._path.exists():
            self._content = json.loads(self._path.read_text())

    def password(self, login: str) -> str:
        """The password of a login, generated at its first use and the same ever after."""
        passwords: dict[str, str] = self._content["passwords"]
        if login not in passwords:
            passwords[login] = secrets.token_urlsafe(PASSWORD_BYTES)
            self._save()
        return passwords[login]

    def is_complete(self, name: str) -> bool:
        return name in self._content["complete"]

    def complete(self, name: str) -> None:
        """Note that a tenant has all it should have: from now on its data are its users' own."""
        if not self.is_complete(name):
            self._content["complete"].append(name)
            self._save()

    def _save(self) -> None:
        write_private(self._path, json.dumps(self._content, indent=1))
