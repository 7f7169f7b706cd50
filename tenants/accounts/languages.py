"""The languages that people can choose."""

from django.conf import settings


def languages() -> list[tuple[str, str]]:
    """Return code and own name of each. A function, so that another language needs no migration."""
    return list(settings.LANGUAGES)
