"""Writing the due slots of some tenants anew, from the versions of their schedules."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby

import structlog

from scheduling.agenda.aftermath import Aftermath
from scheduling.agenda.models import DueSlot, ScheduleVersion
from scheduling.agenda.planning import write
from scheduling.periodic import Unreadable, cadence_fingerprint
from scheduling.plain import error_text, plain
from tenants.models import Tenant

logger = structlog.get_logger(__name__)

#: What a change of a schedule may rewrite in its due slot.
SLOT_FIELDS = ["name", "task", "queue", "cadence", "chosen", "version_id", "one_off"]
SLOT_FIELDS += [
    "fingerprint",
    "due_at",
    "spread_seconds",
    "held_until",
    "problem",
    "is_stale",
    "pause_ends_at",
]
SLOTS_PER_STATEMENT = 500


def replace_slots(tenants: Iterable[Tenant], now: datetime) -> None:
    """Write what changed of these tenants' due slots, and what their schedules owed before that."""
    owners = {tenant.pk: tenant for tenant in tenants}
    existing = DueSlot.objects.filter(tenant__in=owners).order_by("pk").select_for_update()
    slots = {(slot.tenant_id, slot.periodic_task_id): slot for slot in existing}
    aftermaths = {pk: Aftermath(tenant, now) for pk, tenant in owners.items()}
    kept: list[tuple[DueSlot, bool]] = []
    for schedule, own in groupby(pending_versions(owners), schedule_of):
        kept += follow(slots.get(schedule), list(own), aftermaths[schedule[0]])
    write(firing for aftermath in aftermaths.values() for firing in aftermath.firings)
    processed = [pk for aftermath in aftermaths.values() for pk in aftermath.processed]
    if processed:
        ScheduleVersion.objects.filter(pk__in=processed).update(is_processed=True)
    save([slot for slot, is_changed in kept if is_changed])
    left = {slot.pk for slot in slots.values()} - {slot.pk for slot, _ in kept}
    if left:
        DueSlot.objects.filter(pk__in=left).delete()


def pending_versions(owners: Mapping[int, Tenant]) -> list[ScheduleVersion]:
    """Return what is not looked after yet, with its tenant, ordered by schedule and time."""
    pending = ScheduleVersion.objects.filter(tenant__in=owners).pending()
    versions = list(pending.order_by("tenant_id", "periodic_task_id", "from_at", "pk"))
    for version in versions:
        version.tenant = owners[version.tenant_id]
    return versions


def schedule_of(version: ScheduleVersion) -> tuple[int, int]:
    return version.tenant_id, version.periodic_task_id


def follow(
    slot: DueSlot | None, versions: Sequence[ScheduleVersion], aftermath: Aftermath
) -> list[tuple[DueSlot, bool]]:
    """Bring one schedule's due slot to its current version; return it, if any, and if it changed."""
    current = next((version for version in versions if version.to_at is None), None)
    if current and slot and slot.version_id == current.pk:
        aftermath.settle_pauses(versions, current)
        return [(slot, False)]
    aftermath.settle(slot, versions, current)
    if current is None or not current.is_active:
        return []
    slot = slot or DueSlot(tenant=current.tenant, periodic_task_id=current.periodic_task_id)
    refresh(slot, current, aftermath.now)
    return [(slot, True)]


def refresh(slot: DueSlot, version: ScheduleVersion, now: datetime) -> None:
    """Make a slot what the version says: its first instant after the change."""
    slot.version_id, slot.held_until, slot.is_stale = version.pk, None, False
    slot.pause_ends_at = version.from_at if version.is_to_come(now) else None
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
