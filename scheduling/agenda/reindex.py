"""Rebuilding due slots from what schedules are and were, one schema at a time."""

import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

import structlog
from django.db import OperationalError, ProgrammingError, connection, transaction

from scheduling.agenda.aftermath import Aftermath
from scheduling.agenda.models import DueSlot, ScheduleChange, ScheduleVersion, TenantIndex
from scheduling.agenda.planning import write
from scheduling.agenda.versions import capture
from scheduling.periodic import Unreadable, cadence_fingerprint
from scheduling.plain import error_text, plain
from tenants.models import Tenant

logger = structlog.get_logger(__name__)

#: What a change of a schedule may rewrite in its due slot.
SLOT_FIELDS = ["name", "task", "queue", "cadence", "chosen", "version_id", "one_off"]
SLOT_FIELDS += ["fingerprint", "due_at", "spread_seconds", "held_until", "problem", "is_stale"]
SLOTS_PER_STATEMENT = 500
#: How long one schema may keep the others waiting, and how many may before all else has its turn.
LOCK_MILLISECONDS = 500
BUSY_MAXIMUM = 2
#: Reindexing goes on no longer before all else has its turn.
BUDGET_SECONDS = 0.25


def reindex_changed(now: datetime, limit: int = 100) -> int:
    """Reindex up to `limit` schemas that triggers marked as changed; return how many were not busy.

    None twice, or one that never stops changing would keep all else waiting; and for a quarter of a
    second, in which any number of marks may gather.
    Each in a transaction of its own, in which its marks are deleted, so that none is lost. Any
    number of beats may do this at once: marks are claimed with SKIP LOCKED, and a schema is
    reindexed under a lock.
    """
    done, busy, deadline = list[str](), list[str](), time.monotonic() + BUDGET_SECONDS
    while len(done) < limit and len(busy) < BUSY_MAXIMUM and time.monotonic() < deadline:
        schema_name = reindex_next(now, busy, done)
        if not schema_name:
            break
        if schema_name in busy:
            # Its lock was waited for; that is not the others' fault.
            deadline = time.monotonic() + BUDGET_SECONDS
        else:
            done.append(schema_name)
    return len(done)


def reindex_next(now: datetime, busy: list[str], done: Sequence[str] = ()) -> str:
    """Reindex the schema whose mark is the oldest; return it, "" for none. Adds to `busy` if it is.

    None of those that are done or busy.

    What may be different at the next tick (a lock, a deadlock) is marked again, behind the others.
    Anything else that goes wrong is written down at the tenant, and the others go on. Only a
    connection that is gone stops all: then this fails too, and all is undone.
    """
    with transaction.atomic():
        change = claim_changes([*busy, *done])
        if change is None:
            return ""
        schema_name = change.schema_name
        limit_waiting()
        try:
            with transaction.atomic():
                reindex(schema_name, now, change.changed_at)
        except OperationalError as error:
            logger.warning("schema is busy", schema=schema_name, reason=str(error).strip())
            # The mark's own trigger looks at the schema once more.
            limit_waiting(milliseconds=1)
            ScheduleChange.objects.create(schema_name=schema_name, changed_at=now)
            busy.append(schema_name)
        except Exception as error:
            logger.exception("schema cannot be reindexed", schema=schema_name)
            tenant = Tenant.objects.get(schema_name=schema_name)
            found = {"problem": error_text(error)}
            TenantIndex.objects.update_or_create(tenant=tenant, defaults=found)
    return schema_name


class Change(NamedTuple):
    """A schema whose schedules changed, and when they last did."""

    schema_name: str
    changed_at: datetime


def claim_changes(but_of: Sequence[str] = ()) -> Change | None:
    """Delete the marks of the schema, none of `but_of`, whose mark is the oldest; return it, or None."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH oldest AS (
                SELECT id, schema_name FROM agenda_schedulechange
                WHERE schema_name <> ALL(%s)
                ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
            )
            DELETE FROM agenda_schedulechange WHERE id = ANY(ARRAY(
                SELECT change.id FROM agenda_schedulechange AS change, oldest
                WHERE change.schema_name = oldest.schema_name
                FOR UPDATE OF change SKIP LOCKED
            )) RETURNING schema_name, changed_at
            """,
            [list(but_of)],
        )
        marks = [Change(*row) for row in cursor.fetchall()]
    return max(marks, key=lambda mark: mark.changed_at, default=None)


def limit_waiting(milliseconds: int = LOCK_MILLISECONDS) -> None:
    """Wait only shortly for what somebody else has locked, to the end of this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{milliseconds}ms'")


def reindex(schema_name: str, now: datetime, changed_at: datetime | None = None) -> None:
    """Make the due slots of one schema what its schedules say.

    What was changed and has no version yet is dated `changed_at`, if that is known, else now.
    What a schedule owed before it was changed is settled first. A row that cannot be read is set
    aside with the reason; a schema that cannot be read is flagged and keeps the slots it had.
    """
    with transaction.atomic():
        tenant = Tenant.objects.filter(schema_name=schema_name).first()
        if tenant is None:
            return
        index = locked_index(tenant)
        try:
            # The savepoint keeps a missing table from aborting the transaction.
            with transaction.atomic():
                capture(schema_name, changed_at)
        except ProgrammingError as error:  # a table, a column or a right is missing
            index.problem = plain(error)
            logger.warning("schema cannot be read", schema=schema_name, reason=index.problem)
        else:
            index.problem = ""
        # What was written down while the schema could be read is settled also when it cannot.
        replace_slots(tenant, now)
        index.reindexed_at = now
        index.save(update_fields=["problem", "reindexed_at"])


def locked_index(tenant: Tenant) -> TenantIndex:
    TenantIndex.objects.bulk_create([TenantIndex(tenant=tenant)], ignore_conflicts=True)
    return TenantIndex.objects.select_for_update().get(tenant=tenant)


def replace_slots(tenant: Tenant, now: datetime) -> None:
    """Write what changed of a tenant's due slots, and what its schedules owed before that."""
    existing = DueSlot.objects.of(tenant).order_by("pk").select_for_update()
    slots = {slot.periodic_task_id: slot for slot in existing}
    pending = ScheduleVersion.objects.filter(tenant=tenant).pending().select_related("tenant")
    versions = list(pending.order_by("periodic_task_id", "from_at", "pk"))
    aftermath = Aftermath(tenant, now)
    kept = []
    for periodic_task_id, own in groupby(versions, lambda version: version.periodic_task_id):
        kept += follow(slots.get(periodic_task_id), list(own), aftermath)
    write(aftermath.firings)
    ScheduleVersion.objects.filter(pk__in=aftermath.processed).update(is_processed=True)
    save([slot for slot, is_changed in kept if is_changed])
    wanted = [slot.periodic_task_id for slot, _ in kept]
    DueSlot.objects.of(tenant).exclude(periodic_task_id__in=wanted).delete()


def follow(
    slot: DueSlot | None, versions: Sequence[ScheduleVersion], aftermath: Aftermath
) -> list[tuple[DueSlot, bool]]:
    """Bring one schedule's due slot to its current version; return it, if any, and if it changed."""
    current = next((version for version in versions if version.to_at is None), None)
    if current and slot and slot.version_id == current.pk:
        return [(slot, False)]
    aftermath.settle(slot, versions, current)
    if current is None or not current.is_active:
        return []
    slot = slot or DueSlot(tenant=current.tenant, periodic_task_id=current.periodic_task_id)
    refresh(slot, current)
    return [(slot, True)]


def refresh(slot: DueSlot, version: ScheduleVersion) -> None:
    """Make a slot what the version says: its first instant after the change."""
    slot.version_id, slot.held_until, slot.is_stale = version.pk, None, False
    slot.name, slot.task = version.row["name"], version.row["task"]
    try:
        fill(slot, version)
    except Unreadable as error:
        quarantine(slot, plain(error))
    except Exception as error:  # a row that nobody foresaw must not stop the others
        logger.exception("row cannot be read", tenant=slot.tenant_id, row=slot.periodic_task_id)
        quarantine(slot, error_text(error))


def fill(slot: DueSlot, version: ScheduleVersion) -> None:
    reading = version.reading()
    slot.queue = reading.entry.queue
    slot.cadence, slot.one_off = reading.cadence.to_json(), reading.one_off
    slot.chosen = version.row["policies"]
    slot.fingerprint, slot.problem = cadence_fingerprint(version.row), ""
    slot.move_to(version.first_slot_at(reading))


def quarantine(slot: DueSlot, reason: str) -> None:
    """Set one row aside, with a reason its owner sees."""
    slot.cadence, slot.fingerprint, slot.problem = None, "", reason
    slot.move_to(None)
    logger.warning(
        "periodic task quarantined",
        tenant=slot.tenant_id,
        periodic_task=slot.periodic_task_id,
        reason=slot.problem,
    )


def save(slots: Iterable[DueSlot]) -> None:
    """Write what changed; in pieces, for one statement takes time that grows faster than its rows."""
    slots = list(slots)
    new = [slot for slot in slots if slot.pk is None]
    old = [slot for slot in slots if slot.pk is not None]
    DueSlot.objects.bulk_create(new, SLOTS_PER_STATEMENT)
    DueSlot.objects.bulk_update(old, SLOT_FIELDS, SLOTS_PER_STATEMENT)
