"""How far a run has come that is going on."""

from __future__ import annotations

from typing import NamedTuple

from django.core.cache import cache

from scheduling.catalogue import ParametersError, tenant_catalogue
from scheduling.models import Run
from scheduling.retrying import told_slot

#: What is left is counted when somebody first asks, and remembered for as long as most runs go on; where
#: the count stopped early, it is soon counted again.
REMEMBERED_SECONDS, STOPPED_SECONDS = 3600, 10
#: What somebody listens to is told at every tenth.
TOLD_EVERY = 10  # per cent


class Progress(NamedTuple):
    """How much was looked at, out of how much; `total` is None when nobody can say."""

    done: int
    total: int | None = None

    @property
    def percent(self) -> int | None:
        return self.done * 100 // self.total if self.total else None

    @property
    def told_percent(self) -> int | None:
        """The last tenth that was reached, so that not every step is read out."""
        return None if self.percent is None else self.percent // TOLD_EVERY * TOLD_EVERY


def progress_of(run: Run) -> Progress:
    """Return how far a run has come, of what its task's preview says that there is to do."""
    key = f"run-total:{run.pk}"
    total: int | None = cache.get(key)
    if total is None:
        left = left_of(run)
        if left is None:
            return Progress(run.examined)
        total, seconds = run.examined + left[0], left[1]
        cache.set(key, total, seconds)
    return Progress(run.examined, max(total, run.examined))


def left_of(run: Run) -> tuple[int, int] | None:
    """Return how much a run has before it, and for how many seconds that is known; None if nobody is."""
    entry = tenant_catalogue().get(run.task)
    if entry is None or entry.preview is None:
        return None
    try:
        effect = entry.preview.now(entry.parameters(run.parameters), told_slot(run))
    except ParametersError:
        return None
    return effect.number, STOPPED_SECONDS if effect.is_least else REMEMBERED_SECONDS
