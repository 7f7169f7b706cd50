"""provision_tenant SLUG --name N: make one tenant, ready to use."""

import os
from typing import Any

from django.core.management.base import CommandParser

from tenants.commands import JsonCommand
from tenants.provisioning import Order, provision

PASSWORD_VARIABLE = "TENANT_OWNER_PASSWORD"  # noqa: S105  # the variable's name


class Command(JsonCommand):
    help = (
        "Make a tenant: row, schema, tables, domain, owner and default schedule, or nothing. "
        f"The owner's password comes from {PASSWORD_VARIABLE}; without it one is generated and "
        "printed once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("slug", help="the tenant's name in host names, as in acme")
        parser.add_argument("--name", required=True, help="the tenant's name as people read it")
        parser.add_argument("--domain", default="", help="a host of the tenant's own, then primary")
        parser.add_argument("--timezone", default="UTC", help="an IANA name (default: UTC)")
        parser.add_argument("--currency", default="EUR", help="an ISO 4217 code (default: EUR)")
        parser.add_argument(
            "--owner-email", default="", help="logs in with it; without one as 'owner'"
        )

    def perform(self, **options: Any) -> dict[str, Any]:
        fields = ("slug", "name", "domain", "timezone", "currency", "owner_email")
        given = os.environ.get(PASSWORD_VARIABLE, "")
        made = provision(Order(**{field: options[field] for field in fields}), given)
        return {
            "slug": made.tenant.slug,
            "schema_name": made.tenant.schema_name,
            "domain": made.tenant.primary_domain,
            "url": made.tenant.url,
            "owner": made.owner,
            "password": None if given else made.password,
        }

    def show(self, answer: dict[str, Any]) -> None:
        self.stdout.write(f"{answer['slug']} is ready at {answer['url']}admin/")
        password = answer["password"] or f"as in {PASSWORD_VARIABLE}"
        self.stdout.write(f"log in as {answer['owner']}, password {password}")
