"""The secret key: from the environment, or made once for development."""

import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

MINIMUM_LENGTH = 50
MINIMUM_DISTINCT = 10


def secret_key(value: str, *, debug: bool, file: Path) -> str:
    """Return `value` if it is strong; without one and with `debug`, a key made once into `file`.

    Raises ImproperlyConfigured when there is none in production or it can be guessed.
    """
    if value:
        return checked(value)
    if not debug:
        raise ImproperlyConfigured(
            "SECRET_KEY is required unless DEBUG=1. Make one with: "
            "python3 -c 'import secrets; print(secrets.token_urlsafe(64))'"
        )
    return development_key(file)


def checked(value: str, name: str = "SECRET_KEY") -> str:
    if len(value) < MINIMUM_LENGTH or len(set(value)) < MINIMUM_DISTINCT:
        raise ImproperlyConfigured(
            f"{name} is too weak: use at least {MINIMUM_LENGTH} characters, "
            f"{MINIMUM_DISTINCT} of them different."
        )
    return value


def fallback_keys(values: Sequence[str]) -> list[str]:
    """Return former keys: what they signed is believed, so a weak one is as bad as if it were in use."""
    return [checked(value, "A key in SECRET_KEY_FALLBACKS") for value in values]


def development_key(file: Path) -> str:
    """Read the key in `file`, making it first where there is none."""
    try:
        return file.read_text().strip()
    except FileNotFoundError:
        return make_development_key(file)


def make_development_key(file: Path) -> str:
    """Write a new key for its owner alone; of two processes at once, both return the same."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    with open(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as out:
        out.write(secrets.token_urlsafe(64))
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return file.read_text().strip()
