"""A worker's word that it is alive and at work on a firing: until its lease is over, nobody else is."""

from collections.abc import Sequence

from django.db.models import Value

from scheduling.agenda.clock import ClockTimestamp
from scheduling.agenda.ledger import LEASE
from scheduling.agenda.models import Firing


def extend(firing_ids: Sequence[str]) -> int:
    """Extend the leases of those of these firings that are begun; return of how many.

    Other ids count for nothing: a firing that is settled or was taken back is not begun again.
    """
    if not firing_ids:
        return 0
    begun = Firing.objects.filter(pk__in=firing_ids, state=Firing.State.STARTED)
    return begun.update(leased_until=ClockTimestamp() + Value(LEASE))
