"""When a periodic task recurs, and in whose time zone: pure functions, `Cadence.next_after` first.

Nothing here knows Django, a tenant or a clock. The beat, the preview, the API and the calendar feed
all ask the same cadence, so that what is shown is what fires.
"""

from scheduling.cadence.base import Cadence
from scheduling.cadence.clocked import ClockedCadence
from scheduling.cadence.crontab import CrontabCadence
from scheduling.cadence.interval import IntervalCadence
from scheduling.cadence.invalid import InvalidCadence
from scheduling.cadence.solar import SolarCadence
from scheduling.cadence.stretch import Stretch

__all__ = [
    "Cadence",
    "ClockedCadence",
    "CrontabCadence",
    "IntervalCadence",
    "InvalidCadence",
    "SolarCadence",
    "Stretch",
]
