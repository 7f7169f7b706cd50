"""What a worker asks of the ledger: may this firing run, and how did it end?"""

import uuid
from dataclasses import dataclass

import structlog
from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django_tenants.utils import schema_context

from scheduling.agenda.clock import ClockTimestamp
from scheduling.agenda.models import Firing

logger = structlog.get_logger(__name__)


class Refused(Exception):
    """A message that the ledger does not bear out. No tenant code runs for it."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended: its final state, and the error of a failed one in plain words."""

    state: str
    error: str = ""


def begin(firing_id: str | None, task: str) -> Firing | None:
    """Mark a firing as started and return it; None when it is settled already (a repeated message).

    Raises Refused when there is no such firing, it is of another task, or its tenant is not active.
    """
    with schema_context("public"):
        firing = find(firing_id)
        if firing is None:
            raise Refused("no such firing")
        if firing.task != task:
            raise Refused(f"the firing is of {firing.task}")
        if firing.is_settled:
            return None
        if not firing.tenant.is_active:
            settle(firing, Outcome("suspended"))
            raise Refused(f"the tenant is {firing.tenant.state}")
        unsettled(firing).update(
            state=Firing.State.STARTED, started_at=Coalesce("started_at", ClockTimestamp())
        )
        firing.refresh_from_db(fields=["state", "started_at"])
        return firing


def find(firing_id: str | None) -> Firing | None:
    try:
        wanted = uuid.UUID(str(firing_id))
    except ValueError:
        return None
    return Firing.objects.select_related("tenant").filter(pk=wanted).first()


def settle(firing: Firing, outcome: Outcome) -> None:
    """Give a firing its final state. The first to settle it decides; repeating it changes nothing."""
    with schema_context("public"):
        unsettled(firing).update(
            state=Firing.State.SETTLED,
            outcome=outcome.state,
            error=outcome.error,
            settled_at=ClockTimestamp(),
        )
    logger.info(
        "firing settled",
        firing=str(firing.pk),
        tenant=firing.tenant_id,
        task=firing.task,
        slot=firing.slot_at.isoformat(),
        outcome=outcome.state,
    )


def unsettled(firing: Firing) -> QuerySet[Firing]:
    return Firing.objects.filter(pk=firing.pk).exclude(state=Firing.State.SETTLED)
