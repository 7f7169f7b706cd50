"""A firing that somebody asked for: it takes the way of all others, through the ledger and beat."""

import uuid

from django.core.exceptions import ValidationError
from django.db import ProgrammingError, transaction
from django.utils.translation import gettext as _

from scheduling.agenda.clock import database_now
from scheduling.agenda.flights import Flights
from scheduling.agenda.models import Firing
from scheduling.agenda.wakeup import wake_beat
from tenants.models import Tenant
from tenants.schema import shared_tables

#: What the trigger of the ledger says.
FLOOD = "too many firings in flight"


def plan_manual(tenant: Tenant, periodic_task_id: int, task: str) -> Firing:
    """Write a firing whose slot is this instant, for any beat to publish at once; return it.

    Raises ValidationError when the tenant has as many in flight as it may.
    """
    try:
        return written(tenant, periodic_task_id, task)
    except ProgrammingError as error:
        # Somebody else's came between the look and the writing, which Postgres counts itself.
        if FLOOD not in str(error):
            raise
        raise too_many() from error


def written(tenant: Tenant, periodic_task_id: int, task: str) -> Firing:
    with transaction.atomic(), shared_tables(tenant):
        if not Flights([tenant.pk]).room(tenant.pk):
            raise too_many()
        now = database_now()
        firing = Firing.objects.create(
            # Postgres accepts no other: a tenant must not name the firing of a slot that is to come.
            id=uuid.uuid4(),
            tenant_id=tenant.pk,
            periodic_task_id=periodic_task_id,
            task=task,
            slot_at=now,
            trigger="manual",
            planned_at=now,
            publish_at=now,
        )
        wake_beat()
    return firing


def too_many() -> ValidationError:
    return ValidationError(_("Too many runs are under way: try again when some have ended."))
