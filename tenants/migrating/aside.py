"""Setting a tenant aside whose migration failed, so that staff know, and the others go on."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import structlog
from django.db import transaction
from django.db.models import F

from tenants.migrating.models import MigrationFailure
from tenants.models import Tenant
from tenants.postgresql.clock import database_now

logger = structlog.get_logger(__name__)


def remember(failed: Mapping[str, str], well: Collection[str]) -> None:
    """Keep the reasons of the schemas that failed, and forget those that are well. Safe to repeat.

    A schema that belongs to no tenant is in neither.
    """
    now = database_now()
    with transaction.atomic():
        MigrationFailure.objects.filter(tenant__schema_name__in=well).delete()
        for tenant in Tenant.objects.filter(schema_name__in=failed):
            reason = failed[tenant.schema_name]
            logger.warning("migration failed", tenant=tenant.slug, reason=reason)
            MigrationFailure.objects.update_or_create(
                tenant=tenant,
                defaults={"reason": reason, "failed_at": now, "attempts": F("attempts") + 1},
                create_defaults={"reason": reason, "failed_at": now},
            )
