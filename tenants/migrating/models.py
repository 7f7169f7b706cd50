"""Tenants that a migration failed for: set aside, with the reason, while the others go on."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class MigrationFailure(models.Model):
    """The last attempt to migrate a tenant, while it has failed. Gone when one succeeds."""

    tenant = models.OneToOneField(
        "tenants.Tenant",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="migration_failure",
    )
    reason = models.TextField(_("reason"))
    failed_at = models.DateTimeField(_("failed at"))
    attempts = models.PositiveIntegerField(_("attempts"), default=1)

    class Meta:
        verbose_name = _("failed migration")
        verbose_name_plural = _("failed migrations")

    def __str__(self) -> str:
        return f"{self.tenant}: {self.reason}"
