"""Forgetting what is too old to keep. Nobody but the owner of the tables can."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from tenants.audit.models import Entry

BATCH = 10_000  # entries


def forget(now: datetime, batch: int = BATCH) -> None:
    """Delete what is older than `AUDIT_RETENTION_DAYS` in this schema, a batch per transaction."""
    limit = now - timedelta(days=settings.AUDIT_RETENTION_DAYS)
    while forget_batch(limit, batch):
        pass


@transaction.atomic
def forget_batch(limit: datetime, batch: int) -> int:
    oldest = Entry.objects.older_than(limit).order_by("at").values_list("pk", flat=True)
    return Entry.objects.filter(pk__in=list(oldest[:batch])).delete()[0]
