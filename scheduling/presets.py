"""Cadences that people choose from a list, as crontabs and back.

What a list holds is a crontab of a certain form: `TEMPLATES` is the one place that knows it. The form
fills it in, so does the page's script, and read backwards it tells which choice a crontab is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

CUSTOM = "custom"
TEMPLATES = {
    "minutes": "{every} * * * *",
    "hourly": "{minute} * * * *",
    "daily": "{minute} {hour} * * *",
    "weekdays": "{minute} {hour} * * 1-5",
    "weekly": "{minute} {hour} * * {weekdays}",
    "monthly": "{minute} {hour} {day} * *",
}
#: Of an hour, so that the last step is as long as the others.
STEPS = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)
#: What stands in each place, as the form writes it: a number has one way to be written.
PLACES = {
    "every": rf"\*|\*/(?:{'|'.join(map(str, STEPS[1:]))})",
    "minute": "[1-5]?[0-9]",
    "hour": "1?[0-9]|2[0-3]",
    "weekdays": "[0-6](?:,[0-6])*",
    "day": "[1-9]|[12][0-9]|3[01]",
}


def crontab_of(preset: str, parts: Mapping[str, object]) -> str:
    """Return the five fields of a choice from the list; `parts` are those that it needs."""
    return TEMPLATES[preset].format(**parts)


def preset_of(crontab: str) -> tuple[str, dict[str, str]]:
    """Return which choice a crontab is, and its parts; a custom one where it is exactly none."""
    text = " ".join(crontab.split())
    for preset, pattern in PATTERNS.items():
        found = pattern.fullmatch(text)
        if found and in_order(found.groupdict().get("weekdays", "")):
            return preset, found.groupdict()
    return CUSTOM, {}


def step_text(minutes: int) -> str:
    """Return the field of minutes that comes every so many."""
    return "*" if minutes == 1 else f"*/{minutes}"


def in_order(weekdays: str) -> bool:
    """Whether days of the week are written as the form does, each once."""
    days = weekdays.split(",")
    return days == sorted(set(days))


def pattern_of(template: str) -> re.Pattern[str]:
    places = {name: f"(?P<{name}>{place})" for name, place in PLACES.items()}
    return re.compile(re.escape(template).replace(r"\{", "{").replace(r"\}", "}").format(**places))


PATTERNS = {preset: pattern_of(template) for preset, template in TEMPLATES.items()}
