"""account_slots [--tenant SLUG] [--month YYYY-MM]: has every slot exactly one state?"""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandParser

from scheduling.accounting import Span, close_books
from scheduling.agenda.clock import database_now
from scheduling.tables import table
from tenants.commands import JsonCommand, built_tenant
from tenants.models import Tenant


class Command(JsonCommand):
    help = (
        "Derive from the schedules' history which slots a month (in UTC) had, and compare them with "
        "the runs. Exits with 1 when a slot has no state (unaccounted), or one has a state that no "
        "schedule named or more than one (surplus)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--tenant", metavar="SLUG", help="only this tenant's (default: all)")
        parser.add_argument("--month", metavar="YYYY-MM", help="default: the current month")

    def perform(self, **options: Any) -> dict[str, Any]:
        slug, now = options["tenant"], database_now()
        tenants = [built_tenant(slug)] if slug else Tenant.objects.customers().built()
        return asdict(close_books(tenants, month_of(options["month"], now), now))

    def show(self, answer: dict[str, Any]) -> None:
        for title in ("unaccounted", "surplus"):
            if answer[title]:
                rows = [tuple(map(str, entry.values())) for entry in answer[title]]
                self.stdout.write(table([(title.upper(), "NAME", "SLOT", "REASON"), *rows]))
        self.stdout.write(f"{answer['accounted']} of {answer['expected']} slots have a state.")

    def has_failed(self, answer: dict[str, Any]) -> bool:
        return bool(answer["unaccounted"] or answer["surplus"])


def month_of(text: str | None, now: datetime) -> Span:
    """Return the month written as YYYY-MM, or the one of `now`; raises ValidationError."""
    try:
        since = datetime.strptime(text or f"{now:%Y-%m}", "%Y-%m").replace(tzinfo=UTC)
        until = since.replace(year=since.year + since.month // 12, month=since.month % 12 + 1)
    except ValueError:
        raise ValidationError({"month": f"'{text}' is no month; write one as 2026-11."}) from None
    return Span(since, until)
