"""Where files that people send are kept: a folder per schema, reached through our views alone."""

import os

from django.conf import settings
from django_tenants.files.storage import TenantFileSystemStorage


class PrivateStorage(TenantFileSystemStorage):
    """MEDIA_ROOT/<schema>/…; a name that leads out of the tenant's own folder is refused."""

    @property
    def relative_media_root(self) -> str:
        """Read the setting each time: upstream keeps the first."""
        return os.fspath(settings.MEDIA_ROOT)

    def url(self, name: str | None) -> str:
        raise ValueError("Stored files have no address of their own: a view gives them out.")
