"""Finding what triggers cannot see: a schema restored with its triggers last, or never indexed."""

from datetime import datetime

from django.db import DatabaseError, transaction

from scheduling.agenda.models import DueSlot, ScheduleChange, ScheduleVersion, TenantIndex
from scheduling.agenda.reindex import limit_waiting
from scheduling.agenda.versions import capture
from tenants.models import Tenant


def reconcile(now: datetime) -> int:
    """Mark every schema whose schedules differ from what beat last read; return how many.

    Repeating it marks nothing twice once beat has reindexed.
    """
    strayed = [tenant.schema_name for tenant in Tenant.objects.active() if has_strayed(tenant)]
    ScheduleChange.objects.bulk_create(
        ScheduleChange(schema_name=schema_name, changed_at=now) for schema_name in strayed
    )
    return len(strayed)


def has_strayed(tenant: Tenant) -> bool:
    index = TenantIndex.objects.filter(tenant=tenant).first()
    if index is None or index.reindexed_at is None or index.problem:
        return True
    try:
        with transaction.atomic():
            limit_waiting()
            changed = capture(tenant.schema_name)
    except DatabaseError:
        return True
    return bool(changed) or has_unread_versions(tenant)


def has_unread_versions(tenant: Tenant) -> bool:
    """Whether beat's due slots are of other versions than the current ones."""
    active = ScheduleVersion.objects.current().filter(tenant=tenant, state="active")
    read = DueSlot.objects.of(tenant).values_list("version_id", flat=True)
    return set(active.values_list("pk", flat=True)) != set(read)
