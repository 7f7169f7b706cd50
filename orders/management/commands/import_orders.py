"""import_orders SLUG FILE: import a CSV file of orders into one tenant."""

import json
import sys
from argparse import RawDescriptionHelpFormatter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django_tenants.utils import get_public_schema_name, get_tenant_model, tenant_context
from tqdm import tqdm

from orders.days import zone_called
from orders.importing import Import, import_file
from orders.order_file import FileError
from orders.order_line import quoted
from orders.uploads import record_of

REJECTED, REFUSED = 1, 2  # exit codes

HELP = """\
Import orders from a CSV file (UTF-8, first line: the names of the columns) into a tenant.

columns:
  number      required; unique in the file and for the tenant, at most 64 characters
  placed_at   required; such as 2010-12-01 08:34:00, with T and with Z or an offset if you like
  total       required; such as 12.50; negative only where the order is cancelled
  customer    at most 200 characters
  currency    such as EUR (default: the tenant's)
  status      open, fulfilled, closed or cancelled (default: open)
  cancelled   1: the order is cancelled, whatever its status says; 0 says nothing
Others are ignored, blank lines and spaces around a cell too.

A number already stored is updated. A column that the file does not have, or a blank currency or
status, leaves what is stored. A closed order is never reopened; only a cancellation changes its
status. A status that an import sets counts from now, and so does the closing of an order that comes
in as closed. A line equal to its stored order is neither imported nor updated.

exit codes:
  0  every line was imported
  1  some lines were rejected, and are listed; the others were imported, in one transaction
  2  nothing was imported: the file, the tenant or the time zone cannot be used
"""


class Command(BaseCommand):
    help = HELP

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        kwargs["formatter_class"] = RawDescriptionHelpFormatter
        return super().create_parser(prog_name, subcommand, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--timezone", metavar="TZ", help="of times without an offset (default: the tenant's)"
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
        parser.add_argument("--json", action="store_true", help="answer in JSON only")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = tenant_called(options["slug"])
        zone = zone_or_refusal(options["timezone"] or tenant.timezone)
        file, dry_run = options["file"], options["dry_run"]
        with refusing(file), tenant_context(tenant), progress_bar(file) as bar:
            advance = lambda position: bar.update(position - bar.n)  # noqa: E731
            with import_file(file, zone, tenant.currency, dry_run, advance) as outcome:
                bar.close()
                if not dry_run:
                    record_of(outcome, file.name).save()
                self.answer(outcome, **options)
        if outcome.rejected:
            sys.exit(REJECTED)

    def answer(self, outcome: Import, *, json: bool, dry_run: bool, **_options: Any) -> None:
        if outcome.ignored:
            self.stderr.write(f"ignored columns: {', '.join(map(quoted, outcome.ignored))}")
        if json:
            self.write_json(outcome)
        else:
            self.write_text(outcome, "would be " if dry_run else "")

    def write_text(self, outcome: Import, mood: str) -> None:
        for line, reason in outcome.rejections():
            self.stderr.write(f"line {line}: {reason}")
        self.stdout.write(
            f"{outcome.imported:,} {mood}imported, {outcome.updated:,} {mood}updated, "
            f"{outcome.rejected:,} {mood}rejected"
        )

    def write_json(self, outcome: Import) -> None:
        """Write the answer piece by piece: a million rejections need no more memory than one."""
        counts = f'"imported": {outcome.imported}, "updated": {outcome.updated}'
        self.stdout.write(f'{{{counts}, "rejected": [', ending="")
        for index, rejection in enumerate(outcome.rejections()):
            self.stdout.write(", " if index else "", ending="")
            self.stdout.write(json.dumps(rejection._asdict()), ending="")
        self.stdout.write("]}")


def tenant_called(slug: str) -> Any:
    customers = get_tenant_model().objects.exclude(schema_name=get_public_schema_name())
    tenant = customers.filter(slug=slug).first()
    if tenant is None:
        raise CommandError(f"There is no tenant '{slug}'.", returncode=REFUSED)
    if not tenant.is_built:
        raise CommandError(f"Tenant '{slug}' is {tenant.state}.", returncode=REFUSED)
    return tenant


def zone_or_refusal(name: str) -> ZoneInfo:
    try:
        return zone_called(name)
    except ValueError as error:
        raise CommandError(str(error), returncode=REFUSED) from None


@contextmanager
def refusing(file: Path) -> Iterator[None]:
    try:
        yield
    except FileError as error:
        raise CommandError(f"{file}: {error}", returncode=REFUSED) from None
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}", returncode=REFUSED) from None


def progress_bar(file: Path) -> Any:
    """Return a bar over the file's bytes, on a terminal only."""
    return tqdm(
        total=file.stat().st_size,
        unit="B",
        unit_scale=True,
        leave=False,
        disable=not sys.stderr.isatty(),
    )
