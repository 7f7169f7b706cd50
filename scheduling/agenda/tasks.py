"""The platform's own periodic tasks about scheduling."""

from celery import shared_task
from django.utils.translation import gettext_noop

from scheduling.agenda.alarms.pruning import prune_alarms
from scheduling.agenda.clock import database_now
from scheduling.agenda.partitions import make_partitions
from scheduling.agenda.pruning import prune_firings
from scheduling.agenda.reconcile import reconcile


@shared_task(
    platform=True, default_cadence="*/10 * * * *", label=gettext_noop("Reconcile due slots")
)
def reconcile_schedules() -> None:
    """Have beat read again what triggers could not report. A repeat marks nothing that is right."""
    reconcile(database_now())


@shared_task(platform=True, default_cadence="15 3 * * *", label=gettext_noop("Prune the ledger"))
def prune_ledger() -> None:
    """Make room for the days to come and forget days long past. A repeat finds nothing to do."""
    now = database_now()
    make_partitions(now)
    prune_firings(now)
    prune_alarms(now)
