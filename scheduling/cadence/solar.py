"""The cadence of the sun at a place, as Celery's `solar` schedule computes it with ephem.

ephem finds an event to about a tenth of a second, and not to the same one from every start. So that
no event is named twice, events are looked for from fixed starts only, every half day, and each is
claimed by one half day.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib import import_module
from typing import Any, ClassVar, NamedTuple, Self

from scheduling.cadence import reading
from scheduling.cadence.base import Cadence
from scheduling.cadence.invalid import InvalidCadence
from wording.sentences import Sentence
from wording.sentences import noop as _

NO_EVENT = Sentence(_("%(event)s is no event; use one of %(events)s"))
NO_PLACE = Sentence(
    _("%(name)s %(value)s is out of range; use -%(furthest)s to %(furthest)s degrees")
)

HALF_DAY = timedelta(hours=12)
# Half days overlap by an hour, so that an event on their border is claimed; two events are never
# this close.
OVERLAP = timedelta(hours=1)
# The sun comes back within a year wherever it does at all; this is about 400 days.
FURTHEST_HALF_DAYS = 800
FIRST_HALF_DAY = datetime(1, 1, 1, tzinfo=UTC)


class Event(NamedTuple):
    """How ephem finds an event: the method, the horizon, the sun's centre or its rim."""

    method: str
    horizon: str
    use_center: bool = False


# As in celery.schedules.solar: _methods, _horizons and _use_center_l.
EVENTS = {
    "dawn_astronomical": Event("next_rising", "-18", use_center=True),
    "dawn_nautical": Event("next_rising", "-12", use_center=True),
    "dawn_civil": Event("next_rising", "-6", use_center=True),
    "sunrise": Event("next_rising", "-0:34"),
    "solar_noon": Event("next_transit", "0"),
    "sunset": Event("next_setting", "-0:34"),
    "dusk_civil": Event("next_setting", "-6", use_center=True),
    "dusk_nautical": Event("next_setting", "-12", use_center=True),
    "dusk_astronomical": Event("next_setting", "-18", use_center=True),
}


@dataclass(frozen=True, slots=True)
class SolarCadence(Cadence):
    """Slots at each `event` of the sun at a place, in degrees north and east, to the second.

    Through polar night and midnight sun the next real event counts.
    """

    kind: ClassVar[str] = "solar"

    event: str
    latitude: float
    longitude: float

    def __post_init__(self) -> None:
        Cadence.__post_init__(self)
        if self.event not in EVENTS:
            said = NO_EVENT(event=repr(self.event), events=", ".join(EVENTS))
            raise InvalidCadence("solar", said)
        object.__setattr__(self, "latitude", _degrees("latitude", self.latitude, 90))
        object.__setattr__(self, "longitude", _degrees("longitude", self.longitude, 180))

    @property
    def least_gap(self) -> timedelta:
        # The sun's events wander by minutes from day to day, near the poles by more.
        return HALF_DAY

    def __str__(self) -> str:
        return f"{self.event.replace('_', ' ')} at {self.latitude:.2f}, {self.longitude:.2f}"

    def _first_after(self, instant: datetime) -> datetime | None:
        # The event of the half day before may fall into this one, and be claimed there.
        start = max((instant - FIRST_HALF_DAY) // HALF_DAY - 1, 1)
        for half_day in range(start, start + FURTHEST_HALF_DAYS):
            slot = _claimed(self.event, self.latitude, self.longitude, half_day)
            if slot is not None and slot > instant:
                return slot
        return None

    def _details(self) -> dict[str, object]:
        return {"event": self.event, "latitude": self.latitude, "longitude": self.longitude}

    @classmethod
    def _read(
        cls, data: Mapping[str, object], *, start_at: datetime | None, expires_at: datetime | None
    ) -> Self:
        latitude, longitude = (reading.number(data, name) for name in ("latitude", "longitude"))
        return cls(
            reading.text(data, "event"),
            latitude,
            longitude,
            start_at=start_at,
            expires_at=expires_at,
        )


def _degrees(name: str, value: object, furthest: int) -> float:
    """`value` as degrees: a float, a Decimal from the database or a text.

    InvalidCadence if it is no such place.
    """
    try:
        degrees = float(str(value))
    except ValueError:
        degrees = math.nan
    if not -furthest <= degrees <= furthest:
        raise InvalidCadence("solar", NO_PLACE(name=name, value=value, furthest=furthest))
    return degrees


def _claimed(event: str, latitude: float, longitude: float, half_day: int) -> datetime | None:
    """The event this half day claims, unless it is the one that the half day before has claimed."""
    slot = _seen_from(event, latitude, longitude, half_day)
    earlier = _seen_from(event, latitude, longitude, half_day - 1)
    return None if slot is None or (earlier is not None and slot - earlier < OVERLAP) else slot


@lru_cache(maxsize=8192)
def _seen_from(event: str, latitude: float, longitude: float, half_day: int) -> datetime | None:
    """The event, to the second, that ephem finds from this half day's start to past its end."""
    ephem = import_module("ephem")
    starts_at = FIRST_HALF_DAY + half_day * HALF_DAY
    start = ephem.Date(starts_at.replace(tzinfo=None))
    try:
        found = _find(EVENTS[event], latitude, longitude, start)
    except ephem.CircumpolarError:
        return None
    seconds = round((found - start) * 86400)
    seen = 0 <= seconds < (HALF_DAY + OVERLAP).total_seconds()
    return starts_at + timedelta(seconds=seconds) if seen else None


def _find(event: Event, latitude: float, longitude: float, start: float) -> float:
    """What Celery asks of ephem: a float counting days, as its dates do."""
    ephem = import_module("ephem")
    place = ephem.Observer()
    # ephem reads a text as degrees and a number as radians.
    place.lat, place.lon, place.elev = str(latitude), str(longitude), 0
    place.horizon, place.pressure = event.horizon, 0
    options: dict[str, Any] = {"use_center": True} if event.use_center else {}
    return float(getattr(place, event.method)(ephem.Sun(), start=start, **options))
