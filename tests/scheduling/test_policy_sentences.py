"""Policies in words: each choice has its sentence, and the usual one is told."""

import pytest
from django import forms
from django.conf import settings

from scheduling.policies import Policies
from scheduling.policy_fields import policy_fields
from scheduling.policy_sentences import duration_text, sentences_of


def text_of(**chosen):
    return " ".join(sentences_of(Policies.chosen(chosen)))


def test_the_usual_is_told_in_whole_sentences():
    told = sentences_of(Policies.chosen({}))

    assert len(told) == len(settings.SCHEDULE_POLICIES) - 1  # how far back belongs to catch-up
    assert told[0] == (
        "Of times that pass while nothing can run, the latest within 24 hours is made up for."
    )
    assert all(one.endswith(".") for one in told)


@pytest.mark.parametrize(
    ("chosen", "says"),
    [
        ({"catch_up": "skip"}, "is missed and not made up for"),
        ({"catch_up": "all", "catch_up_window": 2 * 86400}, "all made up for within 2 days"),
        ({"overlap": "wait"}, "the next time waits for its end"),
        ({"overlap": "allow"}, "the next one starts beside it"),
        ({"retries": 0}, "is not tried again"),
        ({"retries": 1}, "is tried again once"),
        ({"gap": "skip"}, "does not run on that day"),
        ({"repeat": "both"}, "runs both times"),
        ({"spread_minutes": 1}, "within a minute after its time"),
        ({"spread_minutes": 20}, "within 20 minutes after its time"),
        ({"alarm_after": 90}, "not done 90 seconds later"),
    ],
)
def test_each_choice_has_a_sentence_of_its_own(chosen, says):
    assert says in text_of(**chosen)
    assert says not in text_of()


@pytest.mark.parametrize(
    ("seconds", "says"),
    [(0, "0 seconds"), (1, "1 second"), (60, "1 minute"), (86400, "24 hours"), (604800, "7 days")],
)
def test_a_length_of_time_is_told_by_its_largest_unit(seconds, says):
    assert duration_text(seconds) == says


def test_fields_say_what_is_usual():
    fields = policy_fields()

    for name, says in (
        ("catch_up", "as usual: the latest of them fires"),
        ("overlap", "as usual: it is skipped"),
        ("catch_up_window", "as usual: 24 hours"),
        ("alarm_after", "as usual: 15 minutes"),
    ):
        assert says in str(fields[name].widget.choices[0][1])
    assert "Empty, as usual: 3." in fields["retries"].help_text


@pytest.mark.parametrize(
    ("chosen", "shown"),
    [
        (None, '<option value="" selected>as usual: 24 hours</option>'),
        (3600, '<option value="3600" selected>1 hour</option>'),
        (4500, '<option value="4500" selected>75 minutes</option>'),
        ("x", '<option value="x" selected>x</option>'),
        ("9" * 9000, "selected"),
    ],
)
def test_a_length_of_time_is_shown_whatever_it_is(chosen, shown):
    form = type("Form", (forms.Form,), policy_fields())(initial={"catch_up_window": chosen})

    assert shown in str(form["catch_up_window"])
