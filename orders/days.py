"""Days and weeks as a tenant's clock counts them, as pairs of instants."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def zone_called(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name; raises ValueError when there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(
            f"'{name}' is not a time zone: use an IANA name such as 'Europe/Berlin' or 'UTC'."
        ) from None


def day_of(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return where a day begins and ends: 23 or 25 hours apart when the clocks change."""
    return midnight(day, zone), midnight(day + timedelta(days=1), zone)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def week_until(end: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the seven days up to `end`, begun at the same time of day on the tenant's clock."""
    return (end.astimezone(zone) - timedelta(days=7)).astimezone(UTC), end
