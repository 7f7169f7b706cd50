"""What people are told of runs: words for states, errors and spans of time."""

from datetime import timedelta

import pytest

from scheduling.durations import duration_text
from scheduling.models import Run
from scheduling.relative import ago_text
from scheduling.telling import MEANINGS, SIGNS, badge, is_technical, reason, story
from tests.conftest import NOON

TRACEBACK = 'Traceback (most recent call last):\n  File "x.py"\nValueError: the sum is missing'


def test_every_state_has_a_sign_a_word_and_a_sentence():
    for state in Run.State.values:
        assert SIGNS[state]
        assert MEANINGS[state]
        assert f"</span> {Run.State(state).label}" in badge(state)


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        ("", ""),
        ("The worker died of it 5 times.", "The worker died of it 5 times."),
        ("Stopped by ann@acme.test.", "Stopped by ann@acme.test."),
        ("limit: 20 schedules", "limit: 20 schedules"),
        ("ValueError: the sum is missing", "An unexpected error: the sum is missing"),
        ("smtplib.SMTPDataError: (450, b'later')", "An unexpected error: (450, b'later')"),
        (TRACEBACK, "An unexpected error: the sum is missing"),
    ],
)
def test_an_error_is_told_by_its_last_line_without_a_programmers_word(error, shown):
    assert reason(error) == shown
    assert is_technical(error) == shown.startswith("An unexpected")


def test_a_long_error_is_cut_in_a_list():
    assert len(reason(f"ValueError: {'x' * 2000}")) < 200


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.2, "under a second"),
        (-3, "under a second"),
        (59.9, "59 s"),
        (61, "1 min 1 s"),
        (3 * 3600 + 60, "3 h 1 min"),
    ],
)
def test_a_duration_is_told_in_its_largest_units(seconds, shown):
    assert duration_text(timedelta(seconds=seconds)) == shown


@pytest.mark.parametrize(
    ("span", "shown"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=70), "70 minutes ago"),
        (timedelta(hours=3, minutes=50), "3 hours ago"),
        (timedelta(days=2, hours=23), "2 days ago"),
    ],
)
def test_it_is_told_how_long_ago_an_instant_was(span, shown):
    assert ago_text(NOON - span, NOON) == shown


def test_a_run_is_told_in_sentences():
    end = NOON + timedelta(seconds=75)
    run = Run(
        state="succeeded", examined=40, closed=37, started_at=NOON, finished_at=end, retries=1
    )

    assert story(run) == [
        "It went well.",
        "Looked at: 40; closed of these: 37.",
        "It took 1 min 15 s.",
        "It was begun again once after an error.",
    ]


def test_slots_in_a_row_are_told_as_such():
    run = Run(state="missed", slots=4)

    assert story(run)[1] == "These are 4 slots in a row."
