"""provision_tenants FILE.csv: make many tenants."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from tqdm import tqdm

from tenants.batches import provision_all
from tenants.commands import JsonCommand
from tenants.roster import lines_of
from tenants.side_by_side import Unreachable, workers_at_most


class Command(JsonCommand):
    help = (
        "Make a tenant of every line of a CSV file with the columns slug, name and optionally "
        "timezone and owner_email. Owners get an invitation and no password. Lines that cannot be "
        "met are reported, and the exit code is then 1; the others are made."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--parallel", type=int, metavar="N", help="how many processes (default: one per core)"
        )

    def perform(self, **options: Any) -> dict[str, Any]:
        lines = lines_of(options["file"])
        workers = workers_at_most(options["parallel"])
        with tqdm(total=len(lines), unit="tenant", disable=not sys.stderr.isatty()) as bar:
            try:
                return asdict(provision_all(lines, workers, bar.update))
            except Unreachable as error:
                raise CommandError(
                    f"The database is gone ({error}). The tenants that were made are complete; "
                    "of those that were not yet there is nothing."
                ) from None

    def has_failed(self, answer: dict[str, Any]) -> bool:
        return bool(answer["failed"])

    def show(self, answer: dict[str, Any]) -> None:
        self.stdout.write(f"{answer['created']} created, {len(answer['failed'])} failed")
        for failure in answer["failed"]:
            self.stdout.write("line {line}: {slug}: {reason}".format(**failure))
