"""Forgetting what is too old to keep. Nobody but the owner of the tables can."""

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import DatabaseError, transaction
from django_tenants.utils import schema_context

from tenants.audit.models import Entry
from tenants.models import Tenant
from tenants.postgresql.base import owner_rights
from tenants.schema import PUBLIC

logger = structlog.get_logger(__name__)

BATCH = 10_000  # entries


def forget_everywhere(now: datetime) -> int:
    """Delete what is older than `AUDIT_RETENTION_DAYS` in all schemas; return how much that was.

    A schema that cannot be worked in is logged and left to the next time.
    """
    limit = now - timedelta(days=settings.AUDIT_RETENTION_DAYS)
    schemas = [PUBLIC, *Tenant.objects.customers().built().values_list("schema_name", flat=True)]
    return sum(forget_in(schema, limit) for schema in schemas)


def forget_in(schema: str, limit: datetime) -> int:
    try:
        with owner_rights(), schema_context(schema):
            return forget(limit)
    except DatabaseError:
        logger.exception("audit entries not deleted", schema=schema)
        return 0


def forget(limit: datetime, batch: int = BATCH) -> int:
    """Delete entries before `limit` from the current schema, a batch per transaction."""
    forgotten = 0
    while number := forget_batch(limit, batch):
        forgotten += number
    return forgotten


@transaction.atomic
def forget_batch(limit: datetime, batch: int) -> int:
    oldest = Entry.objects.older_than(limit).order_by("at").values_list("pk", flat=True)
    return Entry.objects.filter(pk__in=list(oldest[:batch])).delete()[0]
