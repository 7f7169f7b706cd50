"""What every cadence can answer: its next slot, its latest slot, its JSON."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Self

from scheduling.cadence import reading
from scheduling.cadence.invalid import InvalidCadence

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

    def latest_at(self, instant: datetime, since: datetime) -> datetime | None:
        """The last slot with `since` < slot <= `instant`, or None: what an outage leaves.

        Costs a few `next_after` for a rare cadence, and as many as there are slots on its last busy
        day at worst.
        """
        instant, since = in_utc(instant), in_utc(since)
        first = self.next_after(since)
        if first is None or first > instant:
            return None
        for start in _ever_earlier(instant, since):
            slot = self.next_after(start)
            if slot is not None and slot <= instant:
                return self._last_from(slot, instant)
        return None

    def to_json(self) -> dict[str, object]:
        """This cadence in JSON's own types, times as ISO 8601 in UTC; `from_json` reads it back."""
        bounds = {"start_at": self.start_at, "expires_at": self.expires_at}
        dated = {name: at.isoformat() for name, at in bounds.items() if at is not None}
        return {"kind": self.kind, **self._details(), **dated}

    @staticmethod
    def from_json(data: dict[str, object]) -> Cadence:
        """The cadence that `to_json` wrote. InvalidCadence for anything else."""
        kind = reading.text(reading.mapping(data), "kind")
        if kind not in CADENCES:
            raise InvalidCadence(
                "cadence", f"{kind!r} is no kind; use one of {', '.join(CADENCES)}"
            )
        start_at, expires_at = (
            reading.instant_or_none(data, name) for name in ("start_at", "expires_at")
        )
        return CADENCES[kind]._read(data, start_at=start_at, expires_at=expires_at)

    @abstractmethod
    def _first_after(self, instant: datetime) -> datetime | None:
        """The first slot after `instant` (in UTC), whatever the bounds; may raise OverflowError."""

    @abstractmethod
    def _details(self) -> dict[str, object]:
        """What `to_json` says beside kind and bounds."""

    @classmethod
    @abstractmethod
    def _read(
        cls, data: dict[str, object], *, start_at: datetime | None, expires_at: datetime | None
    ) -> Self:
        """The inverse of `_details`."""

    def _floor(self, instant: datetime) -> datetime:
        if self.start_at is None or self.start_at <= instant:
            return instant
        return self.start_at - datetime.resolution

    def _is_past_expiry(self, slot: datetime) -> bool:
        return self.expires_at is not None and slot > self.expires_at

    def _last_from(self, slot: datetime, instant: datetime) -> datetime:
        following = self.next_after(slot)
        while following is not None and following <= instant:
            slot, following = following, self.next_after(following)
        return slot

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


def _ever_earlier(instant: datetime, since: datetime) -> Iterator[datetime]:
    """Starting points before `instant`, each twice as far back, the last being `since`."""
    reach = timedelta(minutes=1)
    while reach < instant - since:
        yield instant - reach
        reach *= 2
    yield since
