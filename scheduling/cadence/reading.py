"""Read a cadence's JSON, and say what is missing."""

from collections.abc import Mapping
from datetime import UTC, datetime

from scheduling.cadence.invalid import InvalidCadence


def mapping(data: object) -> Mapping[str, object]:
    if not isinstance(data, dict):
        raise InvalidCadence("cadence", f"a JSON object is expected, not {type(data).__name__}")
    return data


def text(data: Mapping[str, object], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str):
        raise InvalidCadence("cadence", f"{name!r} must be a text, not {value!r}")
    return value


def whole_number(data: Mapping[str, object], name: str) -> int:
    value = data.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidCadence("cadence", f"{name!r} must be a whole number, not {value!r}")
    return value


def number(data: Mapping[str, object], name: str) -> float:
    value = data.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise InvalidCadence("cadence", f"{name!r} must be a number, not {value!r}")
    return value


def instant(data: Mapping[str, object], name: str) -> datetime:
    written = text(data, name)
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        raise InvalidCadence(
            "cadence", f"{name!r} must be an ISO 8601 time, not {written!r}"
        ) from None
    return in_utc(at, name, "cadence")


def instant_or_none(data: Mapping[str, object], name: str) -> datetime | None:
    return None if data.get(name) is None else instant(data, name)


def in_utc(at: object, name: str, field: str) -> datetime:
    """`at` in UTC.

    InvalidCadence about `field` if it is no time, is naive or leaves the calendar.
    """
    if not isinstance(at, datetime) or at.utcoffset() is None:
        raise InvalidCadence(field, f"{name!r} must be a time with its zone, not {at!r}")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise InvalidCadence(field, f"{name!r} lies outside the calendar: {at}") from None
