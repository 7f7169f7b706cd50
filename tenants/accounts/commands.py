"""What commands about one person have in common: who, and in which schema."""

from typing import Any

from django.core.management.base import CommandParser
from django_tenants.utils import schema_context

from tenants.accounts import rescue
from tenants.accounts.models import User
from tenants.commands import JsonCommand, built_tenant
from tenants.schema import PUBLIC


class PersonCommand(JsonCommand):
    """A command that does something for one person, of a tenant or of the platform's staff."""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("login", help="the e-mail address or name that one logs in with")
        parser.add_argument("--tenant", metavar="SLUG", help="default: the platform's staff")

    def perform(self, **options: Any) -> dict[str, Any]:
        slug = options["tenant"]
        schema = built_tenant(slug).schema_name if slug else PUBLIC
        with schema_context(schema):
            user = rescue.called(options["login"])
            return {"tenant": slug, "login": user.get_username(), **self.help_out(user)}

    def help_out(self, user: User) -> dict[str, Any]:
        """Do it, in the user's schema, and return what to add to the answer."""
        raise NotImplementedError
