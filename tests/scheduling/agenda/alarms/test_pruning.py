from datetime import timedelta

from scheduling.agenda.alarms.pruning import KEPT_FOR, prune_alarms
from scheduling.agenda.models import Alarm
from tests.conftest import NOON
from tests.scheduling.builders import make_alarm

SECOND = timedelta(seconds=1)


def test_only_alarms_that_ended_long_ago_are_pruned(acme, globex):
    old, young = NOON - KEPT_FOR - SECOND, NOON - KEPT_FOR
    make_alarm(acme, 1, recovered_at=old, ending="ran")
    make_alarm(acme, 2, recovered_at=young, ending="ran")
    make_alarm(globex, 1, raised_at=old)

    assert prune_alarms(NOON) == 1
    assert prune_alarms(NOON) == 0
    assert Alarm.objects.count() == 2
