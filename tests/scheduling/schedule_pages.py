"""What a person does on the pages of schedules, and a look at what came of it."""

from django_celery_beat.models import (
    PeriodicTask,
)
from django_tenants.utils import tenant_context

from tests.scheduling.builders import CLOSING, make_periodic_task

LIST = "/admin/scheduling/schedule/"
WEEKLY = {
    "name": "Every Monday",
    "task": CLOSING,
    "crontab": "30 6 * * 1",
    "timezone": "Europe/Berlin",
    "days": "45",
    "enabled": "on",
}


def row_of(tenant, **lookup):
    with tenant_context(tenant):
        return PeriodicTask.objects.select_related("crontab").get(**lookup)


def crontab_of(row):
    fields = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
    return " ".join(getattr(row.crontab, field) for field in fields), str(row.crontab.timezone)


def seeded(tenant):
    return row_of(tenant, name="Close old orders")


def add(client, **fields):
    return client.post(f"{LIST}add/", WEEKLY | fields)


def change(client, row, **fields):
    given = {key: WEEKLY[key] for key in ("crontab", "timezone", "days", "enabled")}
    return client.post(f"{LIST}{row.pk}/change/", {"name": row.name} | given | fields)


def written(tenant, **fields):
    """Store a periodic task past all forms."""
    with tenant_context(tenant):
        return make_periodic_task(**fields)


def rows(client):
    """Return the schedules of the list by name."""
    return {row.name: row for row in client.get(LIST).context["cl"].result_list}
