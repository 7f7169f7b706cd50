"""Making many tenants: a few in each transaction, and in several processes at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import structlog
from django.core.exceptions import ValidationError
from django.db import Error, transaction

from tenants.accounts.invitations import invite_owners
from tenants.blueprint.making import ensure_blueprint
from tenants.messages import one_line
from tenants.migrating.patience import is_gone, reason_of
from tenants.models import Tenant
from tenants.postgresql.roles import admit
from tenants.provisioning import furnish, register
from tenants.roster import Line
from tenants.side_by_side import Unreachable, side_by_side

logger = structlog.get_logger(__name__)

#: Tenants per transaction. After each that makes any, every session reads all memberships anew; but
#: of more than 64 subtransactions (a tenant takes ten) Postgres keeps other sessions' track on disk.
BATCH = 5
#: After so many batches a session is renewed: it remembers each tenant's two hundred relations.
BATCHES_PER_SESSION = 8


@dataclass
class Report:
    created: int = 0
    failed: list[dict[str, Any]] = field(default_factory=list)

    def add(self, other: Report) -> None:
        self.created += other.created
        self.failed = sorted(self.failed + other.failed, key=lambda failure: failure["line"])


def provision_all(
    lines: Sequence[Line], workers: int = 1, on_done: Callable[[int], object] = lambda number: None
) -> Report:
    """Make a tenant of every line, active when it is complete, and invite its owner.

    A line that cannot be met is reported with its reason, and the others are made. `on_done` is
    told how many lines are over with. Raises Unreachable when the database is gone or a worker was
    killed: a tenant that was begun is then not there at all.
    """
    ensure_blueprint()
    first, repeated = apart(lines)
    report = Report()
    ends = chain(
        side_by_side(batches(first), provision_batch, workers, BATCHES_PER_SESSION),
        # After all others, so that of two lines with one slug it is the later that fails.
        ((batch, provision_batch(batch)) for batch in batches(repeated)),
    )
    for batch, part in ends:
        report.add(part)
        on_done(len(batch))
    return report


def apart(lines: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """Return the lines whose slug no line before them has, and the others."""
    first = list({line.slug: line for line in reversed(lines)}.values())[::-1]
    chosen = {line.number for line in first}
    return first, [line for line in lines if line.number not in chosen]


def batches(lines: Sequence[Line]) -> list[Sequence[Line]]:
    return [lines[start : start + BATCH] for start in range(0, len(lines), BATCH)]


def provision_batch(lines: Sequence[Line]) -> Report:
    """Make tenants of a few lines in one transaction; of what that was too much for, one by one."""
    try:
        with transaction.atomic():
            report, again = furnish_lines(lines)
    except Error:
        logger.exception("a batch of tenants could not be stored", lines=len(lines))
        report, again = Report(), list(lines)
    for line in again:
        report.add(provision_alone(line))
    return report


def furnish_lines(lines: Sequence[Line]) -> tuple[Report, list[Line]]:
    """Return what became of the lines, and those that may fare better in a transaction of their own."""
    report, again, made = Report(), list[Line](), list[str]()
    for line in lines:
        try:
            made.append(furnish_line(line).schema_name)
        except ValidationError as error:
            report.add(refusal(line, one_line(error)))
        except (
            Exception
        ):  # somebody else makes the same tenant, say: what counts is the next attempt
            logger.warning("a tenant is tried again", slug=line.slug, exc_info=True)
            again.append(line)
    admit(made)
    report.created = len(made)
    return report, again


def furnish_line(line: Line) -> Tenant:
    """Make one tenant but for its admittance. Its owner gets an invitation and no password."""
    with transaction.atomic():
        tenant = register(line.order(), Tenant.State.ACTIVE)
        furnish(tenant)
        if tenant.owner_email:
            transaction.on_commit(lambda: invite_owners(tenant), robust=True)
    return tenant


def provision_alone(line: Line) -> Report:
    """Make one tenant in a transaction of its own. Whatever goes wrong is this line's, and told."""
    try:
        with transaction.atomic():
            admit([furnish_line(line).schema_name])
    except ValidationError as error:
        return refusal(line, one_line(error))
    except Exception as error:
        if is_gone():
            raise Unreachable(reason_of(error)) from error
        return refusal(line, reason_of(error))
    return Report(created=1)


def refusal(line: Line, reason: str) -> Report:
    return Report(failed=[{"line": line.number, "slug": line.slug, "reason": reason}])
