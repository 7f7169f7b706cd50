"""Keeping the ledger short. What a tenant sees of it stays in its own runs."""

from datetime import datetime, timedelta

from scheduling.agenda.models import Firing

#: Longer than anything that still asks about a settled firing: a message comes again within hours.
KEPT_FOR = timedelta(days=7)


def prune_firings(now: datetime, batch: int = 10_000) -> int:
    """Delete firings settled longer ago than `KEPT_FOR`, a batch per transaction; return how many."""
    pruned = 0
    while ids := list(
        Firing.objects.settled_before(now - KEPT_FOR).values_list("pk", flat=True)[:batch]
    ):
        pruned += Firing.objects.filter(pk__in=ids).delete()[0]
    return pruned
