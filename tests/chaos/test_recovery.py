"""From the end of a fault until nothing is held up."""

from datetime import timedelta

from tests.chaos.builders import (
    MINUTE,
    NOON,
    SECOND,
    SLOTS,
    clean_books,
    succeeded,
    with_run,
    without,
)
from tests.chaos.checker import accounts_of
from tests.chaos.records import Span
from tests.chaos.recovery import held_up, recovery

NONE = timedelta(0)


def span(begin, end):
    """Seconds after noon."""
    return Span(NOON + begin * SECOND, NOON + end * SECOND)


def spans(books):
    return held_up(accounts_of(books), books.read_at)


def test_slots_settled_in_time_are_not_spans():
    assert spans(clean_books()) == []


def test_a_slot_is_held_up_until_its_run_ends():
    late = succeeded("t_acme", 2, finished_at=SLOTS[2] + MINUTE)

    books = with_run(without(clean_books(), "t_acme", 2), late)

    assert spans(books) == [Span(SLOTS[2], SLOTS[2] + MINUTE)]


def test_a_lost_slot_is_held_up_to_the_end():
    books = without(clean_books(), "t_acme", 2)

    assert spans(books) == [Span(SLOTS[2], books.read_at)]


def test_a_fault_after_which_nothing_is_held_up_is_over_at_once():
    assert recovery(span(0, 10), [span(0, 10)], [span(2, 9), span(60, 70)]) == NONE


def test_recovery_lasts_until_nothing_is_spans():
    strike = span(0, 10)

    assert recovery(strike, [strike], [span(5, 30), span(8, 12), span(29, 40)]) == 30 * SECOND


def test_recovery_counts_from_the_end_of_what_struck_meanwhile():
    strike, other = span(0, 10), span(20, 50)

    assert recovery(strike, [strike, other], [span(5, 30), span(45, 52)]) == 2 * SECOND
