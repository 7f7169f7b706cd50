"""What a tenant's page of schedules shows of missed runs."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from scheduling.agenda.models import Alarm
from scheduling.display import slot_text
from scheduling.models import Schedule
from scheduling.overview import overview_of
from tenants.models import Tenant
from tenants.schema import shared_tables


class ShowMissedRuns:
    """The column of an admin of schedules that were given their alarms."""

    @admin.display(description=_("missed run"))
    def missed(self, schedule: Schedule) -> str:
        alarm: Alarm | None = getattr(schedule, "alarm", None)
        if alarm is None:
            return "-"
        row = overview_of(schedule)
        # A zone that does not exist can stand in a row; then there is no next slot either.
        zone = row.get("timezone") if row.get("next_at") else None
        return f"{slot_text(alarm.slot_at, zone)}: {alarm.get_reason_display()}"


def give_alarms(tenant: Tenant, found: Iterable[Schedule]) -> None:
    """Give each schedule its open alarm, if any, in one query in the tenant's role."""
    with shared_tables(tenant):
        alarms = {alarm.periodic_task_id: alarm for alarm in Alarm.objects.of(tenant).open()}
    for schedule in found:
        schedule.alarm = alarms.get(schedule.pk)
