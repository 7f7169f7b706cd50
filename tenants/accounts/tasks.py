"""Housekeeping of log-ins: a tenant's in its schema, the platform's in the public one."""

from datetime import datetime

from celery import shared_task
from django.utils import timezone

from tenants.accounts.pruning import prune


@shared_task(schedulable=True, label="Clear old log-ins")
def clear_old_logins(slot: datetime) -> None:
    """Delete the tenant's expired sessions and old log of log-ins. A repeat finds none."""
    prune(slot)


@shared_task(platform=True, default_cadence="45 3 * * *", label="Clear the staff's old log-ins")
def clear_old_staff_logins() -> None:
    """The same for the platform's staff. A repeat finds none."""
    prune(timezone.now())
