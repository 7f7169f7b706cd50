"""A crontab in words: one plain sentence with its time zone, and what has to be said beside it.

Each shape of a cadence has a whole sentence of its own, for other languages put words in another
order; only numbers, times and names of days and months are filled in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, npgettext

from scheduling.cadence import CrontabCadence, InvalidCadence
from scheduling.cadence.pattern import split, values_of
from scheduling.presets import STEPS

ALL_HOURS = frozenset(range(24))
ALL_DAYS, ALL_MONTHS, ALL_WEEKDAYS = (frozenset(range(*ends)) for ends in ((1, 32), (1, 13), (7,)))
WORKDAYS = frozenset(range(1, 6))
#: More times of a day than that are said by their minutes and hours.
TIMES_MAXIMUM = 6


def sentence_of(cadence: CrontabCadence) -> str:
    """Return when a cadence runs, in one sentence that names its zone."""
    minutes, hours, days, _months, weekdays = values_of(split(cadence.text))
    times = {
        "zone": cadence.zone,
        "minutes": listed(sorted(minutes)),
        "hours": listed(map(hour_text, sorted(hours))),
        "times": listed(clock_texts(hours, minutes)),
        "step": step_of(minutes),
        "minute_number": len(minutes),
    }
    if weekdays == ALL_WEEKDAYS and days == ALL_DAYS:
        return daily(hours, times)
    if days == ALL_DAYS:
        return weekly(hours, weekdays, times)
    return monthly(hours, days, times)


def sentence_for(crontab: str, zone: str) -> str | None:
    """Return the sentence of a crontab in a zone; None where there is no such cadence."""
    try:
        return sentence_of(CrontabCadence.parse(crontab, zone))
    except InvalidCadence:
        return None


def remarks_on(cadence: CrontabCadence) -> list[str]:
    """Return what else is to be known of it, each a sentence."""
    _minutes, _hours, days, months, weekdays = values_of(split(cadence.text))
    said = []
    if days != ALL_DAYS and weekdays != ALL_WEEKDAYS:
        text = _("It runs only when both match: only on such days of the month that are %(days)s.")
        said.append(text % {"days": days_text(weekdays)})
    if months != ALL_MONTHS:
        said.append(
            _("Only in %(months)s.") % {"months": listed(MONTHS[m] for m in sorted(months))}
        )
    if days != ALL_DAYS and min(days) > 28:
        text = _("In months without day %(day)s it does not run.")
        said.append(text % {"day": min(days)})
    return said


# Sentences -----------------------------------------------------------------------------------
def daily(hours: frozenset[int], said: dict[str, Any]) -> str:
    if hours == ALL_HOURS and said["step"]:
        return (
            ngettext(
                "Every minute, day and night (%(zone)s).",
                "Every %(step)s minutes, day and night (%(zone)s).",
                said["step"],
            )
            % said
        )
    if hours == ALL_HOURS:
        return (
            ngettext(
                "Every hour at minute %(minutes)s (%(zone)s).",
                "Every hour at the minutes %(minutes)s (%(zone)s).",
                said["minute_number"],
            )
            % said
        )
    if said["times"]:
        return _("Every day at %(times)s (%(zone)s).") % said
    return _("Every day in the hours %(hours)s, at the minutes %(minutes)s (%(zone)s).") % said


def weekly(hours: frozenset[int], weekdays: frozenset[int], said: dict[str, Any]) -> str:
    said = said | {"days": days_text(weekdays)}
    if hours == ALL_HOURS and said["step"]:
        text = npgettext(
            "days of the week",
            "Every minute on %(days)s (%(zone)s).",
            "Every %(step)s minutes on %(days)s (%(zone)s).",
            said["step"],
        )
        return text % said
    if hours == ALL_HOURS:
        text = npgettext(
            "days of the week",
            "Every hour at minute %(minutes)s, on %(days)s (%(zone)s).",
            "Every hour at the minutes %(minutes)s, on %(days)s (%(zone)s).",
            said["minute_number"],
        )
        return text % said
    if said["times"] and weekdays == WORKDAYS:
        return _("From Monday to Friday at %(times)s (%(zone)s).") % said
    if said["times"]:
        text = npgettext(
            "days of the week",
            "Every %(days)s at %(times)s (%(zone)s).",
            "Every week on %(days)s at %(times)s (%(zone)s).",
            len(weekdays),
        )
        return text % said
    text = _("On %(days)s in the hours %(hours)s, at the minutes %(minutes)s (%(zone)s).")
    return text % said


def monthly(hours: frozenset[int], days: frozenset[int], said: dict[str, Any]) -> str:
    said = said | {"days": listed(sorted(days)), "zone": said["zone"]}
    number = len(days)
    if hours == ALL_HOURS and said["step"]:
        text = ngettext(
            "On day %(days)s of the month, all day and every %(step)s min (%(zone)s).",
            "On the days %(days)s of the month, all day and every %(step)s min (%(zone)s).",
            number,
        )
    elif hours == ALL_HOURS:
        text = ngettext(
            "On day %(days)s of the month, every hour at %(minutes)s past (%(zone)s).",
            "On the days %(days)s of the month, every hour at %(minutes)s past (%(zone)s).",
            number,
        )
    elif said["times"]:
        text = ngettext(
            "On day %(days)s of the month at %(times)s (%(zone)s).",
            "On the days %(days)s of the month at %(times)s (%(zone)s).",
            number,
        )
    else:
        text = ngettext(
            "On day %(days)s of the month in the hours %(hours)s, at the minutes %(minutes)s (%(zone)s).",
            "On the days %(days)s of the month in the hours %(hours)s, at the minutes %(minutes)s "
            "(%(zone)s).",
            number,
        )
    return text % said


# What is filled in ---------------------------------------------------------------------------
def listed(things: Iterable[object]) -> str:
    """Return things as in "Monday, Tuesday and Friday"."""
    return str(get_text_list([str(thing) for thing in things], _("and")))


def days_text(weekdays: frozenset[int]) -> str:
    """Return days of the week, beginning with Monday."""
    return listed(WEEKDAYS[day] for day in sorted((day - 1) % 7 for day in weekdays))


def clock_texts(hours: frozenset[int], minutes: frozenset[int]) -> Sequence[str]:
    """Return the times of a day; none where they are too many to be read one by one."""
    if len(hours) * len(minutes) > TIMES_MAXIMUM:
        return ()
    return [f"{hour:02}:{minute:02}" for hour in sorted(hours) for minute in sorted(minutes)]


def hour_text(hour: int) -> str:
    return f"{hour:02}"


def step_of(minutes: frozenset[int]) -> int:
    """Return every how many minutes these come around the clock; 0 if not at one distance."""
    return next((step for step in STEPS if minutes == frozenset(range(0, 60, step))), 0)
