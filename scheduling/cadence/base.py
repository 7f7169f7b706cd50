"""What every cadence can answer: its next slot, its latest ones, those between, its JSON."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import ClassVar, Self

from scheduling.cadence import reading
from scheduling.cadence.invalid import InvalidCadence
from scheduling.cadence.stretch import Stretch

CADENCES: dict[str, type[Cadence]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence(ABC):
    """The slots of a periodic task: instants in UTC, each later than the one before.

    Only slots with `start_at` <= slot <= `expires_at` count. Cadences are values: equal, hashable,
    never changed.
    """

    kind: ClassVar[str] = ""

    start_at: datetime | None = None
    expires_at: datetime | None = None

    def __init_subclass__(cls) -> None:
        # A slotted dataclass is created twice, and the second class is the one to keep; the
        # explicit call below (not super()) is for the same reason.
        CADENCES[cls.kind] = cls

    def __post_init__(self) -> None:
        for name in ("start_at", "expires_at"):
            self._keep_in_utc(name, "cadence")

    @property
    def zone(self) -> str:
        """The IANA zone whose wall clock the slots follow."""
        return "UTC"

    @property
    def least_gap(self) -> timedelta:
        """No two slots are closer to each other than this, on days without a change of clocks."""
        return timedelta.max

    @abstractmethod
    def __str__(self) -> str:
        """A short text, to be read by people."""

    def next_after(self, instant: datetime) -> datetime | None:
        """The first slot strictly after `instant`, in UTC; None if the calendar holds none.

        Pure: the same answer for the same instant, whenever and wherever asked. ValueError if
        `instant` is naive.
        """
        floor = self._floor(in_utc(instant))
        try:
            slot = self._first_after(floor)
        except OverflowError:
            return None
        return None if slot is None or self._is_past_expiry(slot) else slot

    def slots(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Every slot with `after` < slot <= `until`, in order, each computed when asked for."""
        return self._forwards(*self._within(after, until))

    def stretch(self, after: datetime, until: datetime) -> Stretch | None:
        """The slots with `after` < slot <= `until` as first, last and count; None if there are none.

        A crontab costs a look at each day, some 0.3 ms for a year; an interval is divided; events
        of the sun are walked.
        """
        after, until = self._within(after, until)
        first_at = next(self._forwards(after, until), None)
        last_at = next(self._backwards(after, until), None)
        if first_at is None or last_at is None:
            return None
        return Stretch(first_at, last_at, self._count(after, until))

    def latest(self, instant: datetime, since: datetime, limit: int) -> list[datetime]:
        """The last `limit` slots with `since` < slot <= `instant`, in order.

        Costs what these slots and the days among and after them cost, however many come before.
        """
        backwards = self._backwards(*self._within(since, instant))
        return list(islice(backwards, limit))[::-1]

    def latest_at(self, instant: datetime, since: datetime) -> datetime | None:
        """The last slot with `since` < slot <= `instant`, or None: what an outage leaves."""
        return next(iter(self.latest(instant, since, 1)), None)

    def to_json(self) -> dict[str, object]:
        """This cadence in JSON's own types, times as ISO 8601 in UTC; `from_json` reads it back."""
        bounds = {"start_at": self.start_at, "expires_at": self.expires_at}
        dated = {name: at.isoformat() for name, at in bounds.items() if at is not None}
        return {"kind": self.kind, **self._details(), **dated}

    @staticmethod
    def from_json(data: dict[str, object]) -> Cadence:
        """The cadence that `to_json` wrote. InvalidCadence for anything else.

        Reading takes some ten microseconds, so the latest few thousand that were read are kept.
        """
        # With the types, for 1, 1.0 and True are one to a dictionary, and not to a cadence.
        items = tuple((name, type(value), value) for name, value in reading.mapping(data).items())
        try:
            return _read_once(items)
        except TypeError:  # something that no JSON value of ours is, such as a list
            return _read(data)

    @abstractmethod
    def _first_after(self, instant: datetime) -> datetime | None:
        """The first slot after `instant` (in UTC), whatever the bounds; may raise OverflowError."""

    @abstractmethod
    def _details(self) -> dict[str, object]:
        """What `to_json` says beside kind and bounds."""

    @classmethod
    @abstractmethod
    def _read(
        cls, data: Mapping[str, object], *, start_at: datetime | None, expires_at: datetime | None
    ) -> Self:
        """The inverse of `_details`."""

    def _forwards(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """The slots with `after` < slot <= `until`, both in UTC and within the bounds, in order."""
        slot = self.next_after(after)
        while slot is not None and slot <= until:
            yield slot
            slot = self.next_after(slot)

    def _backwards(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """As `_forwards`, the latest first."""
        for start, end in _ever_longer(after, until):
            yield from reversed(list(self._forwards(start, end)))

    def _count(self, after: datetime, until: datetime) -> int:
        return sum(1 for _ in self._forwards(after, until))

    def _within(self, after: datetime, until: datetime) -> tuple[datetime, datetime]:
        """Both in UTC, and what the bounds leave between them."""
        after, until = self._floor(in_utc(after)), in_utc(until)
        return after, until if self.expires_at is None else min(until, self.expires_at)

    def _floor(self, instant: datetime) -> datetime:
        if self.start_at is None or self.start_at <= instant:
            return instant
        return self.start_at - datetime.resolution

    def _is_past_expiry(self, slot: datetime) -> bool:
        return self.expires_at is not None and slot > self.expires_at

    def _keep_in_utc(self, name: str, field: str) -> None:
        """Hold this attribute in UTC.

        InvalidCadence about `field` if it is naive or leaves the calendar.
        """
        at = getattr(self, name)
        if at is not None:
            object.__setattr__(self, name, reading.in_utc(at, name, field))


def in_utc(instant: datetime) -> datetime:
    """The same instant in UTC. ValueError if it is naive."""
    if instant.utcoffset() is None:
        raise ValueError(f"{instant!r} has no time zone; pass an aware datetime")
    return instant.astimezone(UTC)


def _read(data: Mapping[str, object]) -> Cadence:
    kind = reading.text(data, "kind")
    if kind not in CADENCES:
        raise InvalidCadence("cadence", f"{kind!r} is no kind; use one of {', '.join(CADENCES)}")
    start_at, expires_at = (
        reading.instant_or_none(data, name) for name in ("start_at", "expires_at")
    )
    return CADENCES[kind]._read(data, start_at=start_at, expires_at=expires_at)


@lru_cache(maxsize=4096)
def _read_once(items: tuple[tuple[str, type, object], ...]) -> Cadence:
    return _read({name: value for name, _type, value in items})


def _ever_longer(after: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The time between the two in pieces, the latest first, each twice as long as the one before."""
    length = timedelta(days=1)
    while length < until - after:
        yield until - length, until
        until -= length
        length *= 2
    yield after, until
