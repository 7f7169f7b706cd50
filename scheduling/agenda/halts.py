"""Leaving a tenant alone whose schema hinders its runs, until it is repaired.

A missing table, a revoked right or a table that somebody keeps locked is no failure of the task:
its firings wait. One of them is tried from time to time, so that the tenant comes back by itself,
and costs the others no more than that until then.
"""

from datetime import timedelta

import structlog
from django.db.models import F, Value
from django_tenants.utils import schema_context

from scheduling.agenda.clock import ClockTimestamp, database_now
from scheduling.agenda.models import Firing, TenantIndex

logger = structlog.get_logger(__name__)

#: Pauses between two tries: the first, doubled each time, and the longest.
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(minutes=5)
DOUBLINGS_MAXIMUM = 10
#: For how long one firing is tried alone: longer than a worker waits for a lock.
TRY = timedelta(seconds=5)
#: Begins the reason of firings that were put off because others of their tenant were hindered.
OTHERS = "Another run was hindered: "


class Hindered(Exception):
    """The tenant's schema does not let the run be: its message says why, in plain words."""


def halt(firing: Firing, reason: str) -> None:
    """Put off a firing that was hindered, and with it all others of its tenant."""
    with schema_context("public"):
        index = index_of(firing)
        halts = index.halts if index else 0
        after = pause_after(halts)
        # Of several that were hindered at the same time, one counts.
        TenantIndex.objects.filter(tenant=firing.tenant_id, halts=halts).update(
            trouble=reason,
            halts=F("halts") + 1,
            halted_until=ClockTimestamp() + Value(after),
        )
        own = max(after, pause_after(firing.publications - 1))
        Firing.objects.unsettled(firing).put_back(reason, own)
    logger.error("tenant halted", tenant=firing.tenant.slug, after=after, reason=reason)


def pause_after(halts: int) -> timedelta:
    return min(FIRST_PAUSE * 2 ** min(max(halts, 0), DOUBLINGS_MAXIMUM), LONGEST_PAUSE)


def is_halted(firing: Firing) -> bool:
    """Whether a firing's tenant is halted; a firing that is due then waits for the end of that."""
    index = index_of(firing)
    if index is None or index.halted_until is None:
        return False
    left = index.halted_until - database_now()
    if left <= timedelta(0):
        return False
    Firing.objects.unsettled(firing).free().put_back(reason_for(firing, index), left)
    return True


def may_be_tried(firing: Firing) -> bool:
    """Whether a firing that was begun may go on: of a tenant that was halted, one at a time.

    The others wait: a table that is still locked must not keep a whole worker busy with waiting. A
    worker that dies of the try leaves the next one to another soon.
    """
    index = index_of(firing)
    if index is None or index.halted_until is None:
        return True
    halted = TenantIndex.objects.filter(tenant=firing.tenant_id, halted_until=index.halted_until)
    index.halted_until = database_now() + TRY
    if halted.update(halted_until=index.halted_until):
        return True
    Firing.objects.unsettled(firing).put_back(reason_for(firing, index), TRY)
    return False


def reason_for(firing: Firing, index: TenantIndex) -> str:
    """Return why a firing is put off: it met with its tenant's trouble itself, or others did."""
    return index.trouble if firing.error == index.trouble else OTHERS + index.trouble


def forget_trouble(firing: Firing) -> None:
    """Let a tenant go on after a firing that came through.

    Its staff are told of the trouble until no run waits that met with it: another task may need
    another table. To write a verdict down needs hardly any; it leaves the next try to the next one.
    """
    index = index_of(firing)
    if index is None or not index.trouble:
        return
    own = TenantIndex.objects.filter(tenant=firing.tenant_id)
    hindered = Firing.objects.in_flight_of([firing.tenant_id]).filter(error=index.trouble)
    if not hindered.exists():
        own.update(trouble="", halts=0, halted_until=None)
        logger.info("tenant goes on", tenant=firing.tenant.slug)
    elif not firing.verdict:
        own.update(halts=0, halted_until=None)
    elif index.halted_until:
        own.filter(halted_until=index.halted_until).update(halted_until=ClockTimestamp())


def index_of(firing: Firing) -> TenantIndex | None:
    """Return the row that was read with the firing, if its tenant has one."""
    return getattr(firing.tenant, "index", None)
