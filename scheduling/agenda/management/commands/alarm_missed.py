"""alarm_missed: one pass of the dead man's switch, for cron where no worker may be alive."""

from typing import Any

from scheduling.agenda.alarms.models import Alarm, AlarmQuerySet
from scheduling.agenda.alarms.watching import make_pass
from scheduling.agenda.clock import database_now
from tenants.commands import JsonCommand


class Command(JsonCommand):
    help = "Raise and end alarms of missed runs, and mail them. Workers do the same every minute."

    def perform(self, **options: Any) -> dict[str, Any]:
        now = database_now()
        findings = make_pass(now)
        return {
            "under_way_elsewhere": findings is None,
            "raised": rows(Alarm.objects.filter(raised_at=now)),
            "recovered": rows(Alarm.objects.filter(recovered_at=now)),
            "mails": findings.mails if findings else 0,
        }

    def show(self, answer: dict[str, Any]) -> None:
        if answer["under_way_elsewhere"]:
            self.stdout.write("A worker is at it just now.")
            return
        for row in answer["raised"]:
            self.stdout.write(
                f"missed: {row['tenant']} “{row['name']}” {row['slot']}: {row['reason']}"
            )
        for row in answer["recovered"]:
            self.stdout.write(
                f"over: {row['tenant']} “{row['name']}” {row['slot']}: {row['ending']}"
            )
        missed, over = len(answer["raised"]), len(answer["recovered"])
        self.stdout.write(f"{missed} missed, {over} over, {answer['mails']} mails.")


def rows(alarms: AlarmQuerySet) -> list[dict[str, Any]]:
    return [
        {
            "tenant": alarm.tenant.slug,
            "name": alarm.name,
            "slot": alarm.slot_at,
            "reason": alarm.reason,
            "ending": alarm.ending or None,
        }
        for alarm in alarms.select_related("tenant").order_by("slot_at", "pk")
    ]
