"""Finding what triggers cannot see: a schema restored with its triggers last, or never indexed."""

from datetime import datetime

from django.db import DatabaseError

from scheduling.agenda.models import ScheduleChange, TenantIndex
from scheduling.agenda.reindex import schedule_rows
from scheduling.periodic import rows_fingerprint
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
    if index is None or index.problem:
        return True
    try:
        return index.fingerprint != rows_fingerprint(schedule_rows(tenant))
    except DatabaseError:
        return True
