"""Sending again what was lost on the way: by a broker that forgot it, or a worker that died."""

from datetime import datetime, timedelta

import structlog

from scheduling.agenda.models import Firing

logger = structlog.get_logger(__name__)

#: A message that nobody began to work on for so long may be lost. If it is merely late, a second
#: one does no harm: the id is the same, and so is the run.
UNSTARTED_AFTER = timedelta(minutes=15)
#: Longer than a task may take (`CELERY_TASK_TIME_LIMIT`): whoever started it is gone.
UNSETTLED_AFTER = timedelta(minutes=45)


def rescue_lost(now: datetime) -> int:
    """Have beat publish again what was published long ago and came to nothing; return how many.

    Repeating it finds nothing, until what it rescued has had its time again.
    """
    lost = Firing.objects.unstarted_since(now - UNSTARTED_AFTER) | Firing.objects.unsettled_since(
        now - UNSETTLED_AFTER
    )
    rescued = lost.update(state=Firing.State.PLANNED, published_at=None)
    if rescued:
        logger.warning("firings rescued", count=rescued)
    return rescued
