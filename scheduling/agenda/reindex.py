"""Rebuilding due slots from periodic tasks, one schema at a time."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import structlog
from django.db import OperationalError, ProgrammingError, connection, transaction
from django_tenants.utils import schema_context

from scheduling.agenda.models import DueSlot, ScheduleChange, TenantIndex
from scheduling.catalogue import Entry, catalogue_of
from scheduling.periodic import (
    Row,
    Unreadable,
    cadence_fingerprint,
    periodic_rows,
    read,
    rows_fingerprint,
)
from scheduling.plain import error_text, plain
from tenants.models import Tenant

logger = structlog.get_logger(__name__)

#: What a change of a row may rewrite in its due slot.
SLOT_FIELDS = ["name", "task", "cadence", "one_off", "fingerprint"]
SLOT_FIELDS += ["due_at", "held_until", "problem"]
SLOTS_PER_STATEMENT = 500
#: How long one schema may keep the others waiting.
LOCK_MILLISECONDS = 500


def reindex_changed(limit: int = 100) -> int:
    """Reindex the schemas that triggers marked as changed; return how many were not busy.

    A mark is deleted in the transaction that acts on it, so none is lost. Any number of beats may
    do this at once: marks are claimed with SKIP LOCKED, and a schema is reindexed under a lock.
    """
    with transaction.atomic():
        changes = claim_changes(limit)
        # In one order everywhere, so that two beats with marks of the same schemas cannot deadlock.
        limit_waiting()
        return sum(reindex_apart(name, since=changes[name]) for name in sorted(changes))


def claim_changes(limit: int) -> dict[str, datetime]:
    """Delete the marks of up to `limit` schemas; return each schema's latest instant of change."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM agenda_schedulechange WHERE id = ANY(ARRAY(
                SELECT id FROM agenda_schedulechange WHERE schema_name IN (
                    SELECT schema_name FROM agenda_schedulechange
                    GROUP BY schema_name ORDER BY min(id) LIMIT %s
                ) FOR UPDATE SKIP LOCKED
            )) RETURNING schema_name, changed_at
            """,
            [limit],
        )
        changes: dict[str, datetime] = {}
        for schema_name, changed_at in cursor.fetchall():
            changes[schema_name] = max(changed_at, changes.get(schema_name, changed_at))
    return changes


def limit_waiting() -> None:
    """Wait only shortly for what somebody else has locked, to the end of this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_MILLISECONDS}ms'")


def reindex_apart(schema_name: str, since: datetime) -> bool:
    """Reindex one schema; whatever goes wrong in it is written down, and the others go on.

    What may be different at the next tick (a lock, a deadlock) is marked again; False is returned,
    so that it is not tried again before the others had their turn. Only a connection that is gone
    stops all: then this fails too, and all is undone.
    """
    try:
        with transaction.atomic():
            reindex(schema_name, since)
    except OperationalError as error:
        logger.warning("schema is busy", schema=schema_name, reason=str(error).strip())
        ScheduleChange.objects.create(schema_name=schema_name, changed_at=since)
        return False
    except Exception as error:
        logger.exception("schema cannot be reindexed", schema=schema_name)
        tenant = Tenant.objects.get(schema_name=schema_name)
        TenantIndex.objects.update_or_create(tenant=tenant, defaults={"problem": error_text(error)})
    return True


def reindex(schema_name: str, since: datetime) -> None:
    """Make the due slots of one schema what its periodic tasks say, from the instant `since` on.

    A row whose cadence is unchanged keeps its next slot. A row that cannot be read is set aside
    with the reason; a schema that cannot be read is flagged and keeps the slots it had.
    """
    with transaction.atomic():
        tenant = Tenant.objects.filter(schema_name=schema_name).first()
        if tenant is None:
            return
        index = locked_index(tenant)
        tenant.refresh_from_db()
        try:
            rows = schedule_rows(tenant)
        except ProgrammingError as error:  # a table, a column or a right is missing
            index.problem = plain(error)
            logger.warning("schema cannot be read", schema=schema_name, reason=index.problem)
        else:
            index.fingerprint, index.problem = rows_fingerprint(rows), ""
            replace_slots(tenant, rows, since)
        index.reindexed_at = since
        index.save()


def locked_index(tenant: Tenant) -> TenantIndex:
    TenantIndex.objects.bulk_create([TenantIndex(tenant=tenant)], ignore_conflicts=True)
    return TenantIndex.objects.select_for_update().get(tenant=tenant)


def schedule_rows(tenant: Tenant) -> list[dict[str, Any]]:
    """Read a tenant's periodic tasks; a tenant that is not active has none that count."""
    if not tenant.is_active:
        return []
    # The savepoint keeps a missing table from aborting the transaction that other tenants share.
    with transaction.atomic(), schema_context(tenant.schema_name):
        return periodic_rows()


def replace_slots(tenant: Tenant, rows: Iterable[Row], since: datetime) -> None:
    catalogue = catalogue_of(tenant.schema_name)
    existing = DueSlot.objects.of(tenant).order_by("pk").select_for_update()
    slots = {slot.periodic_task_id: slot for slot in existing}
    wanted = {row["id"]: row for row in rows if row["enabled"]}
    changed = []
    for periodic_task_id, row in wanted.items():
        slot = slots.get(periodic_task_id) or DueSlot(
            tenant=tenant, periodic_task_id=periodic_task_id
        )
        before = content(slot)
        refresh(slot, row, catalogue, since)
        if content(slot) != before:
            changed.append(slot)
    save(changed)
    DueSlot.objects.of(tenant).exclude(periodic_task_id__in=wanted).delete()


def refresh(slot: DueSlot, row: Row, catalogue: Mapping[str, Entry], since: datetime) -> None:
    """Make a slot what its row says; its next instant changes only if the cadence did."""
    slot.name, slot.task = row["name"], row["task"]
    try:
        reading = read(row, catalogue, anchor_at=since)
        due_at = reading.cadence.next_after(since)
    except Unreadable as error:
        quarantine(slot, plain(error))
        return
    except Exception as error:  # a row that nobody foresaw must not stop the others
        logger.exception("row cannot be read", tenant=slot.tenant_id, row=slot.periodic_task_id)
        quarantine(slot, error_text(error))
        return
    fingerprint = cadence_fingerprint(row)
    if slot.fingerprint == fingerprint and not slot.problem:
        return
    slot.cadence, slot.one_off = reading.cadence.to_json(), reading.one_off
    slot.due_at, slot.held_until = due_at, None
    slot.fingerprint, slot.problem = fingerprint, ""


def quarantine(slot: DueSlot, reason: str) -> None:
    """Set one row aside, with a reason its owner sees."""
    slot.cadence, slot.due_at, slot.held_until, slot.fingerprint = None, None, None, ""
    slot.problem = reason
    logger.warning(
        "periodic task quarantined",
        tenant=slot.tenant_id,
        periodic_task=slot.periodic_task_id,
        reason=slot.problem,
    )


def content(slot: DueSlot) -> tuple[object, ...]:
    return tuple(getattr(slot, name) for name in SLOT_FIELDS)


def save(slots: list[DueSlot]) -> None:
    """Write what changed; in pieces, for one statement takes time that grows faster than its rows."""
    new = [slot for slot in slots if slot.pk is None]
    old = [slot for slot in slots if slot.pk is not None]
    DueSlot.objects.bulk_create(new, SLOTS_PER_STATEMENT)
    DueSlot.objects.bulk_update(old, SLOT_FIELDS, SLOTS_PER_STATEMENT)
