"""Which fault strikes when."""

from collections import Counter
from itertools import combinations

import pytest

from tests.chaos.experiment import Size, events
from tests.chaos.plan import KINDS, Strike, draw

LONG, SHORT = Size.of(30), Size.of(1.25)


def plan(size, seed=1):
    return draw(seed, size.seconds, size.processes())


def test_the_same_seed_is_the_same_plan():
    assert plan(LONG) == plan(LONG)
    assert plan(LONG) != plan(LONG, seed=2)


@pytest.mark.parametrize(("size", "times"), [(LONG, 3), (SHORT, 1)])
def test_each_kind_strikes_equally_often(size, times):
    struck = Counter(strike.kind for strike in plan(size))

    assert struck == {kind.name: times for kind in KINDS}


@pytest.mark.parametrize("size", [LONG, SHORT])
def test_faults_are_over_in_time_and_never_meet_at_one_target(size):
    for seed in range(20):
        strikes = plan(size, seed)
        assert max(strike.ends for strike in strikes) <= size.seconds
        assert not any(a.meets(b) for a, b in combinations(strikes, 2))


def test_what_is_frozen_sleeps_longer_than_every_timeout():
    frozen = [strike for strike in plan(LONG) if "frozen" in strike.kind]

    assert min(strike.seconds for strike in frozen) > 75


def test_a_fault_begins_before_it_ends_and_a_worker_is_given_work_before():
    instant = Strike(5, 0, "worker child killed", ("worker-1",))
    earlier = Strike(1, 4, "beat killed", ("beat-1",))

    assert events([instant, earlier], bait_seconds=3) == [
        (1, "begin", earlier),
        (2, "bait", instant),
        (5, "begin", instant),
        (5, "end", instant),
        (5, "end", earlier),
    ]
