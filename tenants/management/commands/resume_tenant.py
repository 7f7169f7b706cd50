"""resume_tenant SLUG: let a suspended tenant work again."""

from typing import Any

from django.core.management.base import CommandParser

from tenants.commands import JsonCommand
from tenants.lifecycle import resume


class Command(JsonCommand):
    help = "Let a suspended tenant work again, from its next slot on."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("slug")

    def perform(self, **options: Any) -> dict[str, Any]:
        tenant = resume(options["slug"])
        return {"slug": tenant.slug, "state": tenant.state}

    def show(self, answer: dict[str, Any]) -> None:
        self.stdout.write(f"{answer['slug']} is active")
