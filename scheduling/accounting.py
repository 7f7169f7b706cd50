"""Closing the books: what slots there were, by the schedules' history, and what became of each.

Slots are derived again from the versions of each schedule, by the function that fires them. Their
states are read from the tenant's runs, and from what the ledger has under way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import F
from django.db.models.functions import Coalesce
from django_tenants.utils import schema_context, tenant_context

from scheduling.agenda.models import DueSlot, Firing, ScheduleVersion
from scheduling.agenda.taking import MISFIRE_AFTER
from scheduling.models import Run, RunRetention
from tenants.models import Tenant
from tenants.schema import PUBLIC

INSTANT = timedelta(microseconds=1)

UNACCOUNTED = "no run, and nothing on the way"
TWICE = "has more than one state"
UNKNOWN = "no schedule named it"


class Span(NamedTuple):
    """From when to when books are closed: `since` <= slot < `until`."""

    since: datetime
    until: datetime


class Record(NamedTuple):
    """What gives a slot its state or will: a run, or a firing under way. A stretch holds several."""

    periodic_task_id: int
    first_at: datetime
    last_at: datetime
    slots: int
    name: str


@dataclass
class Books:
    """How many slots were expected and have a state, and which do not or should not."""

    expected: int = 0
    accounted: int = 0
    unaccounted: list[dict[str, Any]] = field(default_factory=list)
    surplus: list[dict[str, Any]] = field(default_factory=list)


def close_books(tenants: Iterable[Tenant], span: Span, now: datetime) -> Books:
    """Return the books of these tenants, each list newest first.

    A slot of the last minute may still be taken on time and is not expected yet. It costs a step
    for each slot, and what a tenant has of runs is read once.
    """
    books = Books()
    taken_by = now - MISFIRE_AFTER
    span = Span(span.since, min(span.until, taken_by))
    for tenant in tenants:
        close_books_of(tenant, span, books, taken_by)
    for entries in (books.unaccounted, books.surplus):
        entries.sort(key=lambda entry: entry["slot"], reverse=True)
    return books


def close_books_of(tenant: Tenant, span: Span, books: Books, taken_by: datetime) -> None:
    # Firings before runs: what is settled in between has its run by then.
    with schema_context(PUBLIC):
        under_way = list(records_under_way(tenant, span))
        waiting = waiting_since(tenant)
        versions = ScheduleVersion.objects.filter(tenant=tenant).within(*span)
        history = list(versions.select_related("tenant").order_by("from_at", "pk"))
    with tenant_context(tenant):
        # Runs from before are forgotten, so their slots are not asked for.
        kept_since = RunRetention.current().runs_kept_since
        span = Span(max(span.since, kept_since or span.since), span.until)
        runs = list(records_of_runs(span))
    begun = {(run.periodic_task_id, run.first_at) for run in runs}
    records = runs + [one for one in under_way if (one.periodic_task_id, one.first_at) not in begun]
    schedules = {version.periodic_task_id for version in history}
    for periodic_task_id in sorted(schedules | {record.periodic_task_id for record in records}):
        Account(
            tenant,
            span,
            [version for version in history if version.periodic_task_id == periodic_task_id],
            [record for record in records if record.periodic_task_id == periodic_task_id],
            waiting.get(periodic_task_id),
            taken_by,
        ).close(books)


def records_of_runs(span: Span) -> Iterator[Record]:
    """Yield the runs of the current schema that are of the cadences' own slots."""
    last_at = Coalesce("last_slot_at", F("slot_at"))
    runs = Run.objects.exclude(trigger__in=Run.BY_HAND).annotate(last_at=last_at)
    within = runs.filter(slot_at__lt=span.until, last_at__gte=span.since).order_by("slot_at")
    columns = ("periodic_task_id", "slot_at", "last_at", "slots", "name")
    for run in within.values_list(*columns):
        yield Record(*run)


def records_under_way(tenant: Tenant, span: Span) -> Iterator[Record]:
    """Yield the firings that are not settled."""
    # One of no slots tells a worker that a pause has ended.
    firings = Firing.objects.in_flight().filter(tenant=tenant, slot_at__lt=span.until, slots__gt=0)
    for firing in firings.exclude(trigger="manual"):
        last_at = firing.last_slot_at or firing.slot_at
        yield Record(firing.periodic_task_id, firing.slot_at, last_at, firing.slots, firing.task)


def waiting_since(tenant: Tenant) -> dict[int, datetime]:
    """Return the slots that beat keeps due because the tenant has too much in flight."""
    held = DueSlot.objects.of(tenant).filter(held_until__isnull=False)
    return {slot.periodic_task_id: slot.slot_at for slot in held if slot.slot_at}


@dataclass
class Account:
    """One schedule's slots within a span, and the records that speak of them."""

    tenant: Tenant
    span: Span
    versions: list[ScheduleVersion]
    records: list[Record]
    #: The slot that beat keeps due, if it does; it and those after it are not lost.
    waiting_since: datetime | None
    #: What fires later than this may still be taken on time.
    taken_by: datetime

    def close(self, books: Books) -> None:
        stretches = [record for record in self.records if record.last_at > record.first_at]
        single = Counter(record.first_at for record in self.records if record not in stretches)
        covered: Counter[Record] = Counter()
        for version, slot_at in self.slots():
            books.expected += 1
            around = [one for one in stretches if one.first_at <= slot_at <= one.last_at]
            covered.update(around)
            found = single.pop(slot_at, 0) + len(around)
            if found > 1:
                books.surplus.append(self.entry(slot_at, version.name, TWICE))
            if found or self.is_open(version, slot_at):
                books.accounted += 1
            else:
                books.unaccounted.append(self.entry(slot_at, version.name, UNACCOUNTED))
        books.surplus += self.unknown(single, stretches, covered)

    def slots(self) -> Iterator[tuple[ScheduleVersion, datetime]]:
        for version in self.versions:
            for slot_at in version.slots(self.span.since - INSTANT, self.span.until - INSTANT):
                yield version, slot_at

    def is_open(self, version: ScheduleVersion, slot_at: datetime) -> bool:
        """Whether a slot without a record will have one.

        It is of a pause or suspension that goes on, or ended so lately that beat has yet to note
        it; or beat keeps it due; or its schedule is spread, and it is yet to fire.
        """
        if self.waiting_since is not None and slot_at >= self.waiting_since:
            return True
        if version.is_active and version.fires_at(slot_at) >= self.taken_by:
            return True
        # Of a suspended tenant a pause that ended by itself is noted when the tenant is resumed.
        is_over = version.to_at and version.to_at < self.span.until and self.tenant.is_active
        noted = version.is_processed or is_over
        return not version.is_active and not noted

    def unknown(
        self, single: Counter[datetime], stretches: list[Record], covered: Counter[Record]
    ) -> Iterator[dict[str, Any]]:
        """Yield what has a state and should not: slots, and stretches that count others than these."""
        names = {record.first_at: record.name for record in self.records}
        for slot_at in single:
            if self.span.since <= slot_at < self.span.until:
                yield self.entry(slot_at, names[slot_at], UNKNOWN)
        for one in stretches:
            is_within = self.span.since <= one.first_at and one.last_at < self.span.until
            if is_within and covered[one] != one.slots:
                reason = f"a stretch of {one.slots} slots, where the schedule named {covered[one]}"
                yield self.entry(one.first_at, one.name, reason)

    def entry(self, slot_at: datetime, name: str, reason: str) -> dict[str, Any]:
        return {"tenant": self.tenant.slug, "name": name, "slot": slot_at, "reason": reason}
