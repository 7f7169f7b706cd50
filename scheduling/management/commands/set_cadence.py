"""set_cadence SLUG "m h dom mon dow": change a tenant's schedule, or make one."""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandParser
from django_tenants.utils import tenant_context

from scheduling.agenda.clock import database_now
from scheduling.overview import ScheduleRow, tenant_schedules
from scheduling.schedules import Wish, entry_called, set_cadence
from scheduling.tables import schedule_table
from tenants.commands import JsonCommand, built_tenant


class Command(JsonCommand):
    help = "Set when a tenant's task runs. Without --task and --name: its order closing."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("slug")
        parser.add_argument("crontab", metavar='"m h dom mon dow"')
        parser.add_argument("--timezone", help="default: as it is; a new schedule: the tenant's")
        parser.add_argument("--task", help="a task of the catalogue")
        parser.add_argument("--name", help="which schedule of the task; made if absent")
        parser.add_argument(
            "--param", action="append", metavar="NAME=VALUE", help="as in --param days=45"
        )
        state = parser.add_mutually_exclusive_group()
        state.add_argument("--pause", action="store_true")
        state.add_argument("--resume", action="store_true")

    def perform(self, **options: Any) -> ScheduleRow:
        tenant = built_tenant(options["slug"])
        wish = Wish(
            crontab=options["crontab"],
            timezone=options["timezone"],
            name=options["name"],
            parameters=parameters(options["param"]),
            enabled=True if options["resume"] else False if options["pause"] else None,
        )
        with tenant_context(tenant):
            schedule = set_cadence(entry_called(options["task"]), wish, tenant.timezone)
        return tenant_schedules(tenant, database_now(), pk=schedule.pk)[0]

    def show(self, answer: ScheduleRow) -> None:
        self.stdout.write(schedule_table([answer]))


def parameters(given: list[str] | None) -> dict[str, Any] | None:
    """Read NAME=VALUE pairs; a value that is JSON (a number, true) counts as such, else as text."""
    if given is None:
        return None
    pairs = [pair.partition("=") for pair in given]
    if wrong := [name for name, equals, _ in pairs if not (name and equals)]:
        raise ValidationError({"param": f"'{wrong[0]}' is not NAME=VALUE, as in days=45."})
    return {name: json_or_text(value) for name, _, value in pairs}


def json_or_text(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value
