"""What a worker asks of the ledger: may this firing run, and how did it end?"""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Coalesce
from django_tenants.utils import schema_context

from scheduling.agenda.clock import ClockTimestamp
from scheduling.agenda.halts import forget_trouble, is_halted, may_be_tried
from scheduling.agenda.models import Firing
from scheduling.agenda.outgoing import RECORD_TASK
from scheduling.agenda.wakeup import wake_beat
from wording.sentences import Sentence
from wording.sentences import noop as _

logger = structlog.get_logger(__name__)

#: A worker that was not heard of for so long is dead; while it lives it says so more often
#: (scheduling/agenda/leases.py).
LEASE = timedelta(seconds=30)
#: So often may a worker die of one try of a firing before that is the firing's fault.
ATTEMPTS_MAXIMUM = 5
DIED_TEXT = Sentence(_("The worker died of it %(count)s times."))(count=ATTEMPTS_MAXIMUM)


class Refused(Exception):
    """A message that the ledger does not bear out. No tenant code runs for it."""


class TenantSuspended(Refused):
    """The tenant was suspended after its slot was taken; the firing is still to be settled so."""

    def __init__(self, firing: Firing) -> None:
        super().__init__(f"the tenant is {firing.tenant.state}")
        self.firing = firing


@dataclass(frozen=True)
class Outcome:
    """How a run ended: its final state, and the error of a failed one in plain words."""

    state: str
    error: str = ""


def wanted(firing_id: str | None, task: str) -> Firing | None:
    """Return the firing that a message is for; None when it is settled (the message is a repeat).

    Raises Refused when there is no such firing, it is of another task, or its tenant is not active.
    """
    with schema_context("public"):
        firing = find(firing_id)
    if firing is None:
        raise Refused("no such firing")
    if task != (RECORD_TASK if firing.verdict else firing.task):
        raise Refused(f"the firing is of {firing.task}")
    if firing.is_settled:
        return None
    if not firing.tenant.is_active and not firing.verdict:
        raise TenantSuspended(firing)
    return firing


def find(firing_id: str | None) -> Firing | None:
    try:
        wanted = uuid.UUID(str(firing_id))
    except ValueError:
        return None
    return Firing.objects.select_related("tenant__index").filter(pk=wanted).first()


def begin(firing: Firing) -> bool:
    """Begin a firing under a lease, and count the attempt; False when there is nothing to do now.

    Then another worker has it, its next try is yet to come, or its tenant is halted; beat sends
    another message when it is time.
    """
    with schema_context("public"):
        if is_halted(firing):
            return False
        now = ClockTimestamp()
        if (
            not Firing.objects.unsettled(firing)
            .free()
            .update(
                state=Firing.State.STARTED,
                started_at=Coalesce("started_at", now),
                attempts=F("attempts") + 1,
                leased_until=now + Value(LEASE),
            )
        ):
            return False
        if not may_be_tried(firing):
            return False
        firing.refresh_from_db(fields=["state", "started_at", "attempts"])
    return True


#: Once for each run, so past the ORM, which takes longer to write it than Postgres to do it.
SETTLE = """
UPDATE agenda_firing SET state = 'settled', outcome = %(outcome)s, error = %(error)s,
    settled_at = clock_timestamp(), leased_until = NULL
WHERE id = %(id)s AND slot_at = %(slot)s AND state <> 'settled'
"""


def settle(firing: Firing, outcome: Outcome) -> None:
    """Give a firing its final state. The first to settle it decides; repeating it changes nothing."""
    given: dict[str, Any] = {
        "outcome": str(outcome.state),
        "error": outcome.error,
        "id": firing.pk,
        "slot": firing.slot_at,
    }
    with schema_context("public"):
        with connection.cursor() as cursor:
            cursor.execute(SETTLE, given)
        forget_trouble(firing)
    logger.info(
        "firing settled",
        firing=str(firing.pk),
        tenant=firing.tenant_id,
        task=firing.task,
        slot=firing.slot_at.isoformat(),
        outcome=outcome.state,
    )


def give_way(firing: Firing) -> None:
    """Have a firing whose slice of time is over published again at once, behind what waits by then.

    In the transaction of its last step, in the tenant's schema. It is neither a new attempt nor a
    retry. A worker that has lost the firing to another meanwhile gives up nothing.
    """
    with schema_context("public"):
        Firing.objects.unsettled(firing).filter(attempts=firing.attempts).give_way()
        wake_beat()


def try_again(firing: Firing, error: str, after: timedelta) -> None:
    """Have a firing whose body failed published again after a while: a retry, with new attempts."""
    with schema_context("public"):
        Firing.objects.unsettled(firing).put_back(error, after)
    logger.warning("run is tried again", firing=str(firing.pk), after=after, reason=error)
