"""Rebuilding due slots from what schedules are and were, some schemas at a time."""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import structlog
from django.db import OperationalError, ProgrammingError, connection, transaction

from scheduling.agenda.models import ScheduleChange, TenantIndex
from scheduling.agenda.replacing import replace_slots
from scheduling.agenda.versions import capture_all
from scheduling.plain import error_text, plain
from tenants.models import Tenant
from tenants.schema import note_visits

logger = structlog.get_logger(__name__)

#: How long one schema may keep the others waiting, and how many may before all else has its turn.
LOCK_MILLISECONDS = 500
BUSY_MAXIMUM = 2
#: Reindexing goes on no longer before all else has its turn.
BUDGET_SECONDS = 0.25
#: Schemas in one transaction: most of what one takes are statements that serve many as well. An
#: edit in one of them waits until all are done, so they are not more.
TOGETHER = 10


class Change(NamedTuple):
    """A schema whose schedules changed, and when they last did, if that is known."""

    schema_name: str
    changed_at: datetime | None = None


def reindex_changed(now: datetime, limit: int = 100) -> int:
    """Reindex up to `limit` schemas that triggers marked as changed; return how many were not busy.

    None twice, or one that never stops changing would keep all else waiting; and for a quarter of a
    second, in which any number of marks may gather.
    A few in each transaction, in which their marks are deleted, so that none is lost. Any
    number of beats may do this at once: marks are claimed with SKIP LOCKED, and a schema is
    reindexed under a lock.
    """
    turn = Turn(now)
    while len(turn.done) < limit and turn.goes_on():
        if not turn.step(min(turn.together, limit - len(turn.done))):
            break
    return len(turn.done)


class Turn:
    """What became of the marks that there were, so far."""

    def __init__(self, now: datetime) -> None:
        self.now, self.together = now, TOGETHER
        self.done, self.busy = list[str](), list[str]()
        self.begin_again()

    def begin_again(self) -> None:
        self.ends_at = time.monotonic() + BUDGET_SECONDS

    def goes_on(self) -> bool:
        return len(self.busy) < BUSY_MAXIMUM and time.monotonic() < self.ends_at

    def step(self, most: int) -> bool:
        """Reindex up to `most` schemas at once; when they defeat that, one alone from then on."""
        if most > 1:
            try:
                return self.take_together(most)
            except Exception as error:
                # Whose fault it is shows when each is alone.
                logger.info("schemas are reindexed one by one", reason=str(error).strip())
                self.together = 1
                self.begin_again()
        return self.take_one()

    def take_together(self, most: int) -> bool:
        with transaction.atomic():
            changes = claim_changes([*self.busy, *self.done], most)
            if changes:
                limit_waiting()
                reindex_all(changes, self.now)
        self.done += [change.schema_name for change in changes]
        return bool(changes)

    def take_one(self) -> bool:
        """Reindex the schema whose mark is the oldest, none that is done or busy; False if there is none.

        What may be different at the next tick (a lock, a deadlock) is marked again, behind the others.
        Anything else that goes wrong is written down at the tenant, and the others go on. Only a
        connection that is gone stops all: then this fails too, and all is undone.
        """
        with transaction.atomic():
            changes = claim_changes([*self.busy, *self.done], 1)
            if not changes:
                return False
            limit_waiting()
            (change,) = changes
            try:
                reindex(change.schema_name, self.now, change.changed_at)
                self.done.append(change.schema_name)
            except OperationalError as error:
                self.put_off(change, error)
            except Exception as error:
                logger.exception("schema cannot be reindexed", schema=change.schema_name)
                tenant = Tenant.objects.get(schema_name=change.schema_name)
                found = {"problem": error_text(error)}
                TenantIndex.objects.update_or_create(tenant=tenant, defaults=found)
                self.done.append(change.schema_name)
        return True

    def put_off(self, change: Change, error: Exception) -> None:
        logger.warning("schema is busy", schema=change.schema_name, reason=str(error).strip())
        # The mark's own trigger looks at the schema once more.
        limit_waiting(milliseconds=1)
        ScheduleChange.objects.create(schema_name=change.schema_name, changed_at=self.now)
        self.busy.append(change.schema_name)
        # Its lock was waited for; that is not the others' fault.
        self.begin_again()


def claim_changes(but_of: Sequence[str], most: int) -> list[Change]:
    """Delete the marks of up to `most` schemas, none of `but_of`, whose marks are the oldest; return them."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH oldest AS (
                SELECT schema_name FROM agenda_schedulechange
                WHERE schema_name <> ALL(%s)
                ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
            ), claimed AS (
                DELETE FROM agenda_schedulechange WHERE id = ANY(ARRAY(
                    SELECT id FROM agenda_schedulechange
                    WHERE schema_name IN (SELECT schema_name FROM oldest)
                    FOR UPDATE SKIP LOCKED
                )) RETURNING id, schema_name, changed_at
            )
            SELECT schema_name, max(changed_at) FROM claimed GROUP BY schema_name ORDER BY min(id)
            """,
            [list(but_of), most],
        )
        return [Change(*row) for row in cursor.fetchall()]


def limit_waiting(milliseconds: int = LOCK_MILLISECONDS) -> None:
    """Wait only shortly for what somebody else has locked, to the end of this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{milliseconds}ms'")


def reindex(schema_name: str, now: datetime, changed_at: datetime | None = None) -> None:
    """Make the due slots of one schema what its schedules say; see `reindex_all`."""
    reindex_all([Change(schema_name, changed_at)], now)


def reindex_all(changes: Sequence[Change], now: datetime) -> None:
    """Make the due slots of some schemas what their schedules say.

    What was changed and has no version yet is dated `changed_at`, if that is known, else now.
    What a schedule owed before it was changed is settled first. A row that cannot be read is set
    aside with the reason. A schema that cannot be read is flagged and keeps the slots it had; of
    several together that raises ProgrammingError, and nothing is done.
    """
    with transaction.atomic():
        tenants = lock_tenants(changes)
        known = [change for change in changes if change.schema_name in tenants]
        if not known:
            return
        note_visits(tenants)
        problem = capture(known)
        # What was written down while the schema could be read is settled also when it cannot.
        replace_slots(tenants.values(), now)
        indexes = TenantIndex.objects.filter(tenant__in=tenants.values())
        indexes.update(problem=problem, reindexed_at=now)


def lock_tenants(changes: Sequence[Change]) -> dict[str, Tenant]:
    """Return the tenants of these schemas, as far as there are any, each with its index row locked.

    In one order always, so that of two beats, and of a tenant's own commit, none waits in a circle.
    """
    schema_names = [change.schema_name for change in changes]
    found = list(Tenant.objects.filter(schema_name__in=schema_names).order_by("pk"))
    TenantIndex.objects.bulk_create(
        [TenantIndex(tenant=tenant) for tenant in found], ignore_conflicts=True
    )
    indexes = TenantIndex.objects.filter(tenant__in=found).order_by("pk")
    list(indexes.select_for_update().values_list("pk"))
    return {tenant.schema_name: tenant for tenant in found}


def capture(changes: Sequence[Change]) -> str:
    """Write a version of what changed unnoticed; return why that cannot be read, of a single schema."""
    try:
        # The savepoint keeps a missing table from aborting the transaction.
        with transaction.atomic():
            capture_all(changes)
    except ProgrammingError as error:  # a table, a column or a right is missing
        if len(changes) > 1:
            raise
        problem = plain(error)
        logger.warning("schema cannot be read", schema=changes[0].schema_name, reason=problem)
        return problem
    return ""
