"""schedules [--tenant SLUG]: every schedule, by its next slot."""

from typing import Any

from django.core.management.base import CommandParser

from scheduling.agenda.clock import database_now
from scheduling.overview import ScheduleRow, schedules_of
from scheduling.tables import schedule_table
from tenants.commands import JsonCommand, built_tenant
from tenants.models import Tenant


class Command(JsonCommand):
    help = "List the tenants' schedules by next slot, with the state of the last run."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--tenant", metavar="SLUG", help="only this tenant's")

    def perform(self, **options: Any) -> list[ScheduleRow]:
        slug = options["tenant"]
        tenants = [built_tenant(slug)] if slug else Tenant.objects.customers().built()
        return schedules_of(tenants, database_now())

    def show(self, answer: list[ScheduleRow]) -> None:
        self.stdout.write(schedule_table(answer) if answer else "No schedules.")
