"""A cadence in words."""

import pytest
from django.utils import translation

from scheduling.cadence import CrontabCadence
from scheduling.sentences import remarks_on, sentence_of

BERLIN = "(Europe/Berlin)"


def cadence(crontab, zone="Europe/Berlin"):
    return CrontabCadence.parse(crontab, zone)


@pytest.mark.parametrize(
    ("crontab", "says"),
    [
        ("* * * * *", "Every minute, day and night"),
        ("*/15 * * * *", "Every 15 minutes, day and night"),
        ("0,30 * * * *", "Every 30 minutes, day and night"),
        ("5 * * * *", "Every hour at minute 5"),
        ("5,10 * * * *", "Every hour at the minutes 5 and 10"),
        ("30 18 * * *", "Every day at 18:30"),
        ("0 6,18 * * *", "Every day at 06:00 and 18:00"),
        ("*/5 6-8 * * *", "Every day in the hours 06, 07 and 08, at the minutes 0, 5, 10, 15, 20,"),
        ("30 18 * * 1-5", "From Monday to Friday at 18:30"),
        ("30 18 * * 1", "Every Monday at 18:30"),
        ("30 18 * * 0", "Every Sunday at 18:30"),
        ("30 18 * * 7", "Every Sunday at 18:30"),
        ("30 18 * * 5,1,0", "Every week on Monday, Friday and Sunday at 18:30"),
        ("*/20 * * * 6", "Every 20 minutes on Saturday"),
        ("7 * * * 6", "Every hour at minute 7, on Saturday"),
        ("*/9 1-2 * * 6", "On Saturday in the hours 01 and 02, at the minutes 0, 9, 18"),
        ("0 3 1 * *", "On day 1 of the month at 03:00"),
        ("0 3 1,15 * *", "On the days 1 and 15 of the month at 03:00"),
        ("*/10 * 1 * *", "On day 1 of the month, all day and every 10 min"),
        ("7 * 1 * *", "On day 1 of the month, every hour at 7 past"),
        ("*/9 1-2 1 * *", "On day 1 of the month in the hours 01 and 02, at the minutes 0, 9"),
    ],
)
def test_each_shape_has_a_sentence_that_names_the_zone(crontab, says):
    sentence = sentence_of(cadence(crontab))

    assert sentence.startswith(says)
    assert sentence.endswith(f"{BERLIN}.")


@pytest.mark.parametrize(
    ("crontab", "says"),
    [
        ("0 3 * * *", []),
        (
            "0 3 1 * 1",
            [
                "It runs only when both match: only on such days of the month that are Monday.",
            ],
        ),
        ("0 3 * 2,7 *", ["Only in February and July."]),
        ("0 3 31 * *", ["In months without day 31 it does not run."]),
        ("0 3 29 2 *", ["Only in February.", "In months without day 29 it does not run."]),
    ],
)
def test_what_surprises_people_is_said_beside_it(crontab, says):
    assert remarks_on(cadence(crontab)) == says


def test_names_of_days_are_the_readers():
    with translation.override("de"):
        assert "Montag" in sentence_of(cadence("30 18 * * 1"))
