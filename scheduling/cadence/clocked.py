"""The cadence of a one-off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Self

from scheduling.cadence import reading
from scheduling.cadence.base import Cadence


@dataclass(frozen=True, slots=True)
class ClockedCadence(Cadence):
    """One slot, at `at`."""

    kind: ClassVar[str] = "clocked"

    at: datetime

    def __post_init__(self) -> None:
        Cadence.__post_init__(self)
        self._keep_in_utc("at", "clocked")

    def __str__(self) -> str:
        return self.at.isoformat()

    def _first_after(self, instant: datetime) -> datetime | None:
        return self.at if self.at > instant else None

    def _details(self) -> dict[str, object]:
        return {"at": self.at.isoformat()}

    @classmethod
    def _read(
        cls, data: Mapping[str, object], *, start_at: datetime | None, expires_at: datetime | None
    ) -> Self:
        return cls(reading.instant(data, "at"), start_at=start_at, expires_at=expires_at)
