"""suspend_tenant SLUG [--reason R]: stop a tenant's site and schedules."""

from typing import Any

from django.core.management.base import CommandParser

from tenants.commands import JsonCommand
from tenants.lifecycle import suspend


class Command(JsonCommand):
    help = "Stop a tenant's site and schedules, until resume_tenant. Its data stays."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("slug")
        parser.add_argument("--reason", default="", help="for the platform's staff")

    def perform(self, **options: Any) -> dict[str, Any]:
        tenant = suspend(options["slug"], options["reason"])
        return {"slug": tenant.slug, "state": tenant.state, "reason": tenant.state_reason}

    def show(self, answer: dict[str, Any]) -> None:
        self.stdout.write(f"{answer['slug']} is suspended")
