"""provision_tenants FILE.csv: make many tenants."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from tqdm import tqdm

from tenants.commands import JsonCommand
from tenants.roster import lines_of, provision_all


class Command(JsonCommand):
    help = (
        "Make a tenant of every line of a CSV file with the columns slug, name and optionally "
        "timezone and owner_email. Owners get an invitation and no password. Lines that cannot be "
        "met are reported, and the exit code is then 1; the others are made."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path)

    def perform(self, **options: Any) -> dict[str, Any]:
        lines = tqdm(lines_of(options["file"]), unit="tenant", disable=not sys.stderr.isatty())
        return asdict(provision_all(lines))

    def has_failed(self, answer: dict[str, Any]) -> bool:
        return bool(answer["failed"])

    def show(self, answer: dict[str, Any]) -> None:
        self.stdout.write(f"{answer['created']} created, {len(answer['failed'])} failed")
        for failure in answer["failed"]:
            self.stdout.write("line {line}: {slug}: {reason}".format(**failure))
