"""Time that passes over schedules: changes that are committed at an hour, and beats that come later."""

from datetime import timedelta

from django_celery_beat.models import PeriodicTask

from scheduling.agenda.reindex import reindex
from tests.conftest import NOON
from tests.scheduling.builders import commit_at, make_crontab, take_all
from tests.scheduling.indexing import books_of, edit, inside

HOUR = timedelta(hours=1)


def at(hours):
    """Return the instant so many hours after noon."""
    return NOON + hours * HOUR


def told(tenant, task):
    """Return a schedule's books in hours after noon."""
    return [
        (entry.what, (entry.slot_at - NOON) / HOUR, (entry.last_slot_at - NOON) / HOUR, entry.slots)
        for entry in books_of(tenant, task)
    ]


def change(tenant, task, hours, **fields):
    """Commit a change of a schedule, while no beat is there."""
    if "crontab" in fields:
        with inside(tenant):
            fields["crontab_id"] = make_crontab(fields.pop("crontab"))
    edit(tenant, task, **fields)
    commit_at(tenant, at(hours))


def delete(tenant, task, hours):
    with inside(tenant):
        PeriodicTask.objects.filter(pk=task.pk).delete()
    commit_at(tenant, at(hours))


def beat_at(tenant, hours):
    """Do what a beat does that comes back at this instant: first what is due, then what changed."""
    take_all(at(hours))
    reindex(tenant.schema_name, at(hours))
    take_all(at(hours))
