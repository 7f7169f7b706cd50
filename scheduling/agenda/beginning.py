"""Beginning a firing in one statement, when nothing speaks against it; that is nearly always.

Where anything does, nothing is done here, and `ledger` finds out step by step what it is.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django_tenants.utils import schema_context

from scheduling.agenda.models import Firing
from tenants.models import Tenant

#: Of most messages the slot is no longer ago, so that Postgres plans for one partition of the ledger
#: or two instead of all. By this host's clock: where it is wrong, the firing is found step by step.
RECENT = timedelta(hours=2)
AHEAD = timedelta(minutes=1)


def begin_at_once(
    firing_id: str | None, task: str, schema_name: str, lease: timedelta
) -> Firing | None:
    """Begin a run's firing under a lease, and count the attempt; None, with nothing done, if in doubt.

    Its tenant is read in that statement, so that none is begun of a tenant that is suspended by
    then, and none in a schema that is not the tenant's.
    """
    try:
        wanted = uuid.UUID(str(firing_id))
    except ValueError:
        return None
    now = datetime.now(UTC)
    given: dict[str, Any] = {
        "id": wanted,
        "task": task,
        "schema": schema_name,
        "lease": lease,
        "since": now - RECENT,
        "until": now + AHEAD,
    }
    with schema_context("public"), connection.cursor() as cursor:
        cursor.execute(BEGIN, given)
        row = cursor.fetchone()
    return firing_of(row) if row else None


def firing_of(row: tuple[Any, ...]) -> Firing:
    """Return the firing with its tenant; the tenant has no trouble, or this would not be asked for."""
    split = len(FIRING_COLUMNS)
    firing = Firing.from_db("default", FIRING_COLUMNS, row[:split])
    firing.tenant = Tenant.from_db("default", TENANT_COLUMNS, row[split:])
    firing.tenant._state.fields_cache["index"] = None
    return firing


def columns_of(model: type[Any]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


FIRING_COLUMNS, TENANT_COLUMNS = columns_of(Firing), columns_of(Tenant)
#: `publish_at` and the lease as in `FiringQuerySet.free`; what has a verdict is no run.
BEGIN = f"""
UPDATE agenda_firing AS firing
SET state = 'started', started_at = coalesce(started_at, clock_timestamp()),
    attempts = attempts + 1, leased_until = clock_timestamp() + %(lease)s
FROM tenants_tenant AS tenant
WHERE firing.id = %(id)s AND firing.slot_at BETWEEN %(since)s AND %(until)s
    AND firing.task = %(task)s AND firing.verdict = '' AND firing.state <> 'settled'
    AND NOT firing.waits AND firing.publish_at <= clock_timestamp()
    AND (firing.leased_until IS NULL OR firing.leased_until < clock_timestamp())
    AND tenant.id = firing.tenant_id AND tenant.state = 'active'
    AND tenant.schema_name = %(schema)s AND tenant.schema_name <> 'public'
    AND NOT EXISTS (
        SELECT FROM agenda_tenantindex AS index WHERE index.tenant_id = firing.tenant_id
            AND (index.trouble <> '' OR index.halted_until IS NOT NULL)
    )
RETURNING {", ".join(f"firing.{column}" for column in FIRING_COLUMNS)},
    {", ".join(f"tenant.{column}" for column in TENANT_COLUMNS)}
"""  # noqa: S608  # names of columns
