"""What is said of a fleet's migration: how many, who failed and why, and where newer code was."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from tenants.migrating.whole import Outcome

#: How many failures are told one by one; all are kept (see the command `migrations`).
TOLD_MAXIMUM = 20


def summary(outcome: Outcome) -> str:
    return (
        f"Tenants: {len(outcome.up_to_date)} up to date, {len(outcome.migrated)} migrated, "
        f"{len(outcome.failed)} failed."
    )


def warnings(outcome: Outcome) -> Iterator[str]:
    for migration, number in sorted(outcome.unknown.items()):
        yield (
            f"{number} {'schema has' if number == 1 else 'schemas have'} applied {migration}, "
            "which this code does not know: newer code was here."
        )
    for schema_name, reason in islice(outcome.failed.items(), TOLD_MAXIMUM):
        yield f"{schema_name}: {reason}"
    if len(outcome.failed) > TOLD_MAXIMUM:
        yield f"… and {len(outcome.failed) - TOLD_MAXIMUM} more"


def failure(outcome: Outcome) -> str:
    number = len(outcome.failed)
    them = "1 tenant" if number == 1 else f"{number} tenants"
    return (
        f"{them} could not be migrated and {'is' if number == 1 else 'are'} set aside with the "
        "reason: `migrations` lists them, and the next migrate_schemas tries again."
    )
