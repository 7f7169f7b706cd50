"""The platform worker's task about the audit log."""

from celery import shared_task
from django.utils import timezone

from tenants.audit.retention import forget_everywhere


@shared_task(platform=True, default_cadence="45 3 * * *", label="Delete old audit entries")
def delete_old_audit_entries() -> None:
    """Delete entries that are older than they are kept, everywhere. A repeat finds none."""
    forget_everywhere(timezone.now())
