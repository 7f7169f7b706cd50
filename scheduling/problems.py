"""What is said of a row that is set aside, after the name of its column and a colon."""

from scheduling.cadence import InvalidCadence  # noqa: F401  # its modules make their own sentences
from wording.sentences import Sentence, fixed, label
from wording.sentences import noop as _

UNKNOWN_TASK = Sentence(_("'%(task)s' cannot be scheduled; choose one of %(tasks)s"))
NOT_YOURS = fixed(_("the platform alone decides this; leave it empty"))
NO_JSON = fixed(_("not JSON; write an object such as {}"))
NO_OBJECT = fixed(_("not a JSON object; write one such as {}"))
TOO_LONG = Sentence(_("longer than %(most)s characters; write fewer"))
UNKNOWN_PARAMETER = Sentence(_("unknown parameter; %(task)s takes %(names)s"))
NOT_ONE_SCHEDULE = Sentence(
    _("%(count)s are set; set exactly one of crontab, interval, clocked, solar")
)
NO_TIME = fixed(_("there is no time; give it one"))
NO_DATE = Sentence(_("'%(text)s' cannot be used; take a date from 1 to 9999"))
TOO_SHORT = Sentence(_("too short; use %(seconds)s seconds or longer"))
TOO_SHORT_FOR_ONE = Sentence(_("too short; use %(seconds)s second or longer"))
TOO_OFTEN = Sentence(_("fires too often; leave %(seconds)s seconds between two slots"))
TOO_OFTEN_FOR_ONE = Sentence(_("fires too often; leave %(seconds)s second between two slots"))
BEYOND = Sentence(
    _("there may be %(most)s schedules; those made last are set aside until others are deleted")
)
BEYOND_ONE = Sentence(
    _("there may be %(most)s schedule; those made last are set aside until others are deleted")
)
MISSED_LONG_AGO = fixed(_("its time passed long before beat came to it; set it anew"))

for name, text in {
    "minute": _("minute"),
    "hour": _("hour"),
    "day_of_month": _("day of month"),
    "month_of_year": _("month"),
    "day_of_week": _("day of week"),
    "crontab": _("crontab"),
    "timezone": _("time zone"),
    "interval": _("interval"),
    "clocked": _("single time"),
    "solar": _("event of the sun"),
    "schedule": _("schedule"),
    "task": _("task"),
    "kwargs": _("parameters"),
    "days": _("days"),
    "start_time": _("start"),
    "expires": _("end"),
    "gap": _("clocks put forward"),
    "repeat": _("clocks put back"),
    "cadence": _("cadence"),
    "limit": _("limit"),
    "missed": _("missed"),
    "zone": _("time zone"),
    "start_text": _("start"),
    "expires_text": _("end"),
    "interval__every": _("interval"),
    "interval__period": _("unit of the interval"),
    "clocked_text": _("single time"),
    "solar__event": _("event of the sun"),
    "solar__latitude": _("latitude"),
    "solar__longitude": _("longitude"),
    "catch_up": _("missed slots"),
    "catch_up_window": _("catch up with the last (seconds)"),
    "overlap": _("overlap"),
    "retries": _("retries"),
    "spread_minutes": _("fire within (minutes after the slot)"),
    "alarm_after": _("alarm when late by (seconds)"),
}.items():
    label(name, text)

# What Django's own forms say of parameters; its catalogues have them.
for english in (
    "This field is required.",
    "Enter a whole number.",
    "Enter a number.",
    "Ensure this value is greater than or equal to %(limit_value)s.",
    "Ensure this value is less than or equal to %(limit_value)s.",
):
    Sentence(english)


def too_often(kind: str, seconds: int) -> str:
    """Return what is said of a cadence with slots closer than so many seconds."""
    if kind == "interval":
        return (TOO_SHORT_FOR_ONE if seconds == 1 else TOO_SHORT)(seconds=seconds)
    return (TOO_OFTEN_FOR_ONE if seconds == 1 else TOO_OFTEN)(seconds=seconds)


def beyond(most: int) -> str:
    return (BEYOND_ONE if most == 1 else BEYOND)(most=most)
