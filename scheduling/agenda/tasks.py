"""The platform's own periodic tasks about scheduling."""

from celery import shared_task

from scheduling.agenda.clock import database_now
from scheduling.agenda.reconcile import reconcile


@shared_task(platform=True, default_cadence="*/10 * * * *", label="Reconcile due slots")
def reconcile_schedules() -> None:
    """Have beat read again what triggers could not report. A repeat marks nothing that is right."""
    reconcile(database_now())
