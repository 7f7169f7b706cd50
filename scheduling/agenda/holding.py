"""Firings that are held until somebody of their tenant decides what becomes of them.

Who decides, and what, stands in the tenant's runs; the ledger knows only whether it waits for that.
What is held comes to a worker again at `publish_at`, when it is to be told of or is too old.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Value
from django_tenants.utils import schema_context

from scheduling.agenda.clock import ClockTimestamp
from scheduling.agenda.models import Firing
from scheduling.agenda.wakeup import wake_beat
from tenants.models import Tenant
from tenants.schema import current_schema, shared_tables


def hold(firing: Firing, until: datetime | timedelta) -> None:
    """Have a firing that was begun wait for a decision, and come to a worker again at an instant.

    In the transaction that writes the run down as held. It is neither an attempt nor a retry, and
    not in flight. A worker that has lost the firing to another meanwhile holds nothing.
    """
    publish_at = ClockTimestamp() + Value(until) if isinstance(until, timedelta) else until
    with schema_context("public"):
        begun = Firing.objects.unsettled(firing).filter(attempts=firing.attempts)
        begun.update(
            state=Firing.State.PLANNED,
            publish_at=publish_at,
            leased_until=None,
            attempts=0,
            released=False,
        )


def postpone(firing: Firing, until: datetime) -> None:
    """Have a firing that is held come to a worker no sooner than this."""
    with schema_context("public"):
        held = Firing.objects.unsettled(firing).held().filter(state=Firing.State.PLANNED)
        held.update(publish_at=until)


def forget_hold(firing: Firing) -> None:
    """Have a firing of which was decided count as any other that is under way."""
    with schema_context("public"):
        Firing.objects.unsettled(firing).update(released=None)


def release_own(periodic_task_id: int, slot_at: datetime) -> None:
    """Have a firing of the current tenant go on, in its role: it may for its own, once each.

    In the transaction that writes the decision down. One that is with a worker just now needs none:
    the worker finds the decision.
    """
    schema_name = current_schema()
    with shared_tables(Tenant(schema_name=schema_name)):
        held = Firing.objects.held().filter(state=Firing.State.PLANNED, slot_at=slot_at)
        own = held.filter(tenant__schema_name=schema_name, periodic_task_id=periodic_task_id)
        own.update(released=True)
        wake_beat()


def hasten_released(now: datetime) -> int:
    """Have workers come at once to what somebody has decided about; return to how many.

    As if it were planned now: it is not late, and it waits for a run of its schedule that is going.
    What waits for its tenant's repair goes on waiting.
    """
    decided = Firing.objects.filter(
        state=Firing.State.PLANNED, publish_at__gt=now, released=True
    ).exclude(tenant__index__halted_until__gt=now)
    with transaction.atomic():
        free = decided.unlocked()
        return free.update(publish_at=now, planned_at=now, waits=True, released=None)
