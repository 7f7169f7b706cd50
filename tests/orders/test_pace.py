from orders.pace import SIZE_MAXIMUM, SIZE_MINIMUM, STEP_SECONDS, Pace


def size_after(seconds, size=1000):
    pace = Pace(size)
    pace.adapt(seconds)
    return pace.size


def test_a_step_that_took_as_long_as_it_may_stays_as_large():
    assert size_after(STEP_SECONDS) == 1000


def test_a_step_that_took_too_long_makes_the_next_one_smaller():
    assert size_after(STEP_SECONDS * 4) == 250


def test_a_quick_step_makes_the_next_one_at_most_twice_as_large():
    assert size_after(0.0) == size_after(STEP_SECONDS / 9) == 2000


def test_no_step_is_smaller_or_larger_than_what_makes_sense():
    assert size_after(STEP_SECONDS * 1000) == SIZE_MINIMUM
    assert size_after(0.0, size=SIZE_MAXIMUM) == SIZE_MAXIMUM


def test_who_begins_smaller_may_stay_so():
    assert size_after(STEP_SECONDS * 4, size=8) == 8
