"""The schedules everybody begins with: seeded once, and from then on their owner's."""

from collections.abc import Mapping

from django.db import transaction
from django_celery_beat.models import PeriodicTask

from scheduling.catalogue import Entry, platform_catalogue, tenant_catalogue
from scheduling.history import record
from scheduling.models import Schedule, SeededSchedule
from scheduling.schedules import crontab_row
from tenants.models import Tenant


def seed_tenant_schedules(tenant: Tenant) -> None:
    """Make the default schedules in the current tenant's schema, in the tenant's time zone.

    Seeding again neither duplicates one nor undoes what the tenant made of it, its deletion included.
    """
    with transaction.atomic(savepoint=False):
        seeded = set(SeededSchedule.objects.values_list("task", flat=True))
        for entry in with_default_cadence(tenant_catalogue()):
            if entry.name not in seeded:
                schedule = default_schedule(entry, tenant.timezone)
                # Whoever seeds at the same time fails here, by the constraint, and leaves nothing.
                SeededSchedule.objects.create(task=entry.name, periodic_task_id=schedule.pk)


def default_schedule(entry: Entry, zone: str) -> Schedule:
    """Store the schedule that the catalogue has for a task.

    In bulk, without the checks of what people ask for and upstream's note of a change, which nobody
    reads: a tenth of what it takes to make a tenant.
    """
    crontab = crontab_row(entry.default_cadence or "", zone)
    schedule = Schedule(name=entry.label, task=entry.name, crontab=crontab)
    Schedule.objects.bulk_create([schedule])
    record(schedule.pk, {})
    return schedule


def seed_platform_schedules() -> None:
    """Make the platform's own periodic tasks in the public schema; seeding again changes nothing."""
    for entry in with_default_cadence(platform_catalogue()):
        PeriodicTask.objects.get_or_create(
            task=entry.name,
            defaults={
                "name": entry.label,
                "crontab": crontab_row(entry.default_cadence or "", "UTC"),
            },
        )


def with_default_cadence(catalogue: Mapping[str, Entry]) -> list[Entry]:
    return [entry for entry in catalogue.values() if entry.default_cadence]
