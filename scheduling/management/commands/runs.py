"""runs SLUG [--limit N]: what a tenant's schedules did, newest first."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandParser
from django_tenants.utils import tenant_context

from scheduling.models import Run
from scheduling.tables import run_table
from tenants.commands import JsonCommand, built_tenant

COLUMNS = ("name", "task", "state", "trigger", "started_at", "finished_at", "examined", "closed")


class Command(JsonCommand):
    help = "List a tenant's runs, newest first."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("slug")
        parser.add_argument("--limit", type=int, metavar="N", help="at most so many (default: all)")

    def perform(self, **options: Any) -> list[dict[str, Any]]:
        limit = options["limit"]
        if limit is not None and limit < 0:
            raise ValidationError({"limit": f"{limit} is not a number of runs; use 0 or more."})
        with tenant_context(built_tenant(options["slug"])):
            return [run_row(run) for run in Run.objects.all()[:limit]]

    def show(self, answer: list[dict[str, Any]]) -> None:
        self.stdout.write(run_table(answer) if answer else "No runs yet.")


def run_row(run: Run) -> dict[str, Any]:
    """Return a run as the contract names its parts; `error` is None where there was none."""
    columns = {column: getattr(run, column) for column in COLUMNS}
    return {"slot": run.slot_at, **columns, "error": run.error or None}
