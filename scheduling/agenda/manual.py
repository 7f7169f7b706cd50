"""A firing that somebody asked for: it takes the way of all others, through the ledger and beat."""

import uuid

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from scheduling.agenda.clock import database_now
from scheduling.agenda.flights import Flights
from scheduling.agenda.models import Firing
from scheduling.agenda.wakeup import wake_beat
from tenants.models import Tenant
from tenants.schema import shared_tables


def plan_manual(tenant: Tenant, periodic_task_id: int, task: str) -> Firing:
    """Write a firing whose slot is this instant, for any beat to publish at once; return it.

    Raises ValidationError when the tenant has as many in flight as it may.
    """
    with transaction.atomic(), shared_tables(tenant):
        if not Flights([tenant.pk]).room(tenant.pk):
            raise ValidationError(_("Too many runs are under way: try again when some have ended."))
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
