"""Undoing runs: a tenant's owner takes back what a run did, for some days after it."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from scheduling import hooks
from scheduling.catalogue import tenant_catalogue
from scheduling.models import Run, Undo
from tenants.audit.writing import write_difference

logger = structlog.get_logger(__name__)

#: How long a page goes on; what is left then is undone by asking again, or in the following night.
PAGE_SECONDS = 15.0


class Undone(NamedTuple):
    """How far an undo has come, and how many things were left since somebody was at them."""

    undo: Undo
    busy: int = 0

    @property
    def is_finished(self) -> bool:
        return self.undo.finished_at is not None


def offered_by(run: Run) -> hooks.Undo | None:
    """Return how a run can be undone; None if its task does not offer that, or it did nothing."""
    entry = tenant_catalogue().get(run.task)
    return entry.undo if entry and run.closed and run.state not in Run.UNFINISHED else None


def undo_until(run: Run) -> datetime | None:
    """Return up to which instant a run can be undone; None while it is not over."""
    return run.finished_at and run.finished_at + timedelta(days=settings.RUN_UNDO_DAYS)


def undo(run: Run, by: str, now: datetime, seconds: float = PAGE_SECONDS) -> Undone:
    """Take back what a run did, but for what was changed since, for so many seconds at most.

    In short transactions, each with its count; one that was begun goes on where it was, also when it
    would be too late to begin. Raises ValidationError, with nothing done, when there is nothing to
    undo, when it is too late and when it was undone before.
    """
    begun = begin(run, by, now)
    return go_on(begun, run, time.monotonic() + seconds)


@transaction.atomic
def begin(run: Run, by: str, now: datetime) -> Undo:
    if offered_by(run) is None:
        raise ValidationError(_("There is nothing to undo: this run is not over, or did nothing."))
    begun = Undo.objects.filter(pk=run.pk).first()
    if begun is None:
        last = undo_until(run)
        if last is None or last <= now:
            text = _("Too late: a run can be undone for %(days)s days.")
            raise ValidationError(text % {"days": settings.RUN_UNDO_DAYS})
        begun, is_new = Undo.objects.get_or_create(pk=run.pk, defaults={"by": by})
        begun.refresh_from_db()
        if is_new:
            write_difference(begun, {}, {"run": str(run), "by": by})
    if begun.finished_at:
        raise ValidationError(
            _("This run was undone already, by %(by)s.") % {"by": begun.by}, code="undone"
        )
    return begun


def go_on(begun: Undo, run: Run, deadline: float) -> Undone:
    """Take steps until all is taken back or the time is over."""
    hook = offered_by(run)
    if hook is None:
        return Undone(begun)
    steps, busy = hook.take_back(run.pk), 0
    while time.monotonic() < deadline:
        with transaction.atomic():
            step = next(steps, None)
            if step is None:
                if not busy:
                    finish(begun)
                break
            busy = step.busy
            if step.done:
                Undo.objects.filter(pk=begun.pk).update(done=F("done") + step.done)
    begun.refresh_from_db()
    return Undone(begun, busy)


def finish(begun: Undo) -> None:
    """Note that all is done, once, whoever of two comes first."""
    unfinished = Undo.objects.filter(pk=begun.pk, finished_at=None)
    if unfinished.update(finished_at=Now()):
        begun.refresh_from_db()
        write_difference(
            begun,
            {"done": 0, "finished": None},
            {"done": begun.done, "finished": begun.finished_at},
        )
        logger.info("run undone", run=begun.pk, done=begun.done)


def finish_begun(now: datetime) -> None:
    """Finish in the current schema what somebody began and nobody went on with; a repeat finds nothing.

    What somebody is editing just now waits for the next night.
    """
    with transaction.atomic():
        unfinished = list(Undo.objects.filter(finished_at=None, begun_at__lt=now))
    for begun in unfinished:
        if run := Run.objects.filter(pk=begun.pk).first():
            go_on(begun, run, deadline=float("inf"))
