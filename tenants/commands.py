"""What our commands have in common: --json, and one clear line on refusal."""

import json
import sys
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from tenants.audit.authors import Author, acting
from tenants.messages import one_line
from tenants.models import Tenant


class JsonEncoder(DjangoJSONEncoder):
    """Writes instants as ISO 8601 in UTC."""

    def default(self, o: Any) -> Any:
        if isinstance(o, datetime):
            return o.astimezone(UTC).isoformat().replace("+00:00", "Z")
        return super().default(o)


class JsonCommand(BaseCommand):
    """A command that answers in text or, with --json, in JSON and nothing else.

    A subclass implements `perform`, which returns the answer or raises ValidationError, and `show`.
    """

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="answer in JSON only")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with acting(self.author):
                answer = self.perform(**options)
        except ValidationError as error:
            raise CommandError(one_line(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(answer, cls=JsonEncoder))
        else:
            self.show(answer)
        if self.has_failed(answer):
            sys.exit(1)

    def author(self) -> Author:
        return Author(via=f"command {type(self).__module__.rpartition('.')[2]}")

    def perform(self, **options: Any) -> Any:
        raise NotImplementedError

    def show(self, answer: Any) -> None:
        raise NotImplementedError

    def has_failed(self, answer: Any) -> bool:
        """Whether the answer tells of a failure, so that the exit code must too."""
        return False


def tenant_called(slug: str) -> Tenant:
    """Return a customer's tenant, in whatever state; raises ValidationError when there is none."""
    tenant = Tenant.objects.customers().filter(slug=slug).first()
    if tenant is None:
        raise ValidationError(f"There is no tenant '{slug}'.")
    return tenant


def built_tenant(slug: str) -> Tenant:
    """Return a tenant whose schema can be worked in."""
    tenant = tenant_called(slug)
    if not tenant.is_built:
        raise ValidationError(f"Tenant '{slug}' is {tenant.state}.")
    return tenant
