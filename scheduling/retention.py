"""Forgetting runs that are older than their tenant keeps them."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Coalesce
from django_tenants.utils import schema_context

from scheduling.agenda.models import Firing
from scheduling.catalogue import tenant_catalogue
from scheduling.models import Hold, Retry, Run, RunRequest, RunRetention, Undo
from tenants.schema import PUBLIC, current_tenant

BATCH = 10_000  # runs


def forget_old_runs(now: datetime, batch: int = BATCH) -> None:
    """Delete what is too old of the current schema, a batch per transaction. A repeat finds nothing.

    A run that is not over stays, and so does one whose firing is not settled: it is what keeps the
    firing from having its effect again, should it be delivered once more.
    """
    with transaction.atomic():
        limit = now - timedelta(days=RunRetention.current().days)
        firing = slots_in_flight(limit)
    while forget_batch(limit, firing, batch):
        pass


def slots_in_flight(limit: datetime) -> list[datetime]:
    """Return the slots before `limit` of which the ledger has yet to hear: hardly ever any."""
    tenant = current_tenant()
    with schema_context(PUBLIC):
        firings = Firing.objects.in_flight().filter(tenant_id=tenant.pk, slot_at__lt=limit)
        return list(firings.values_list("slot_at", flat=True))


@transaction.atomic
def forget_batch(limit: datetime, firing: Iterable[datetime], batch: int) -> int:
    # Of slots in a row, the last counts: those before it are told by the same run.
    old = Run.objects.over().annotate(last=Coalesce("last_slot_at", "slot_at"))
    old = old.filter(last__lt=limit).exclude(slot_at__in=firing)
    oldest = list(old.order_by("slot_at").values_list("pk", flat=True)[:batch])
    if oldest:
        RunRetention.note_forgotten(limit)
        forget_beside(oldest)
    return Run.objects.filter(pk__in=oldest).delete()[0]


def forget_beside(run_ids: list[int]) -> None:
    """Forget what was remembered of these runs beside them."""
    Undo.objects.filter(run_id__in=run_ids).delete()
    Retry.objects.filter(run_id__in=run_ids).delete()
    slot = {"periodic_task_id": OuterRef("periodic_task_id"), "slot_at": OuterRef("slot_at")}
    by_hand = Run.objects.filter(pk__in=run_ids, trigger=Run.Trigger.MANUAL, **slot)
    RunRequest.objects.filter(Exists(by_hand)).delete()
    Hold.objects.filter(run_id__in=run_ids).delete()
    for entry in tenant_catalogue().values():
        if entry.undo:
            entry.undo.forget(run_ids)
