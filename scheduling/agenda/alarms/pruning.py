"""Forgetting alarms that are over: they are history for people, and not the ledger's."""

from datetime import datetime, timedelta

from scheduling.agenda.models import Alarm

KEPT_FOR = timedelta(days=90)


def prune_alarms(now: datetime) -> int:
    """Delete alarms that were over longer ago than `KEPT_FOR`; return how many."""
    return Alarm.objects.filter(recovered_at__lt=now - KEPT_FOR).delete()[0]
