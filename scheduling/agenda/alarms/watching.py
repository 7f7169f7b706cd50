"""One pass: end what is well again, raise what is late, tell who is to be told. By turns.

Every worker makes passes at its own intervals, and so may cron; a lease in one row lets one at a
time. It needs neither beat nor the broker.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db.models import Q

from scheduling.agenda.alarms.models import AlarmPass
from scheduling.agenda.alarms.owners import tell_owners
from scheduling.agenda.alarms.platform import tell_platform
from scheduling.agenda.alarms.raising import raise_alarms
from scheduling.agenda.alarms.recovery import end_alarms
from scheduling.agenda.clock import database_now

logger = structlog.get_logger(__name__)

#: Longer than a pass takes, mail included. One who died in it keeps the others waiting so long.
LEASE = timedelta(minutes=2)


@dataclass(frozen=True)
class Findings:
    """What a pass found and how many it mailed to."""

    ended: int = 0
    raised: int = 0
    mails: int = 0


def watch_over_slots() -> Findings | None:
    """Make a worker's pass, unless another worker has just made one."""
    apart = timedelta(seconds=settings.ALARM_EVERY_SECONDS / 2)
    return make_pass(database_now(), apart)


def make_pass(now: datetime, apart: timedelta = timedelta(0)) -> Findings | None:
    """Raise, end and tell alarms; None when somebody else is at it, or was within `apart`.

    What was written stays when a mail fails, which is tried again at the next pass. A pass that
    dies between sending and noting it has that mail sent again: at least once.
    """
    if not take_turn(now, apart):
        return None
    turn = AlarmPass.objects.get()
    ended = end_alarms(now)
    raised = raise_alarms(now, turn.failures_seen_until)
    AlarmPass.objects.update(failures_seen_until=now)
    if ended or raised:
        logger.warning("runs missed or well again", missed=raised, ended=ended)
    mails = tell_platform(now, turn.platform_mailed_at) + tell_owners(now)
    AlarmPass.objects.update(held_until=None, ended_at=database_now())
    return Findings(ended, raised, mails)


def take_turn(now: datetime, apart: timedelta) -> bool:
    """Take the lease if it is free. An instant further ahead than can be is of a clock that went back."""
    AlarmPass.objects.bulk_create([AlarmPass(pk=1)], ignore_conflicts=True)
    free = Q(held_until=None) | Q(held_until__lte=now) | Q(held_until__gt=now + LEASE)
    rested = Q(ended_at=None) | Q(ended_at__lte=now - apart) | Q(ended_at__gt=now)
    return bool(AlarmPass.objects.filter(free, rested).update(held_until=now + LEASE))
