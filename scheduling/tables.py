"""Schedules and runs as tables for a terminal."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from scheduling.overview import ScheduleRow
from tenants.names import known_timezones


def schedule_table(rows: Iterable[ScheduleRow]) -> str:
    """Lay out schedules, each next slot in the schedule's own zone."""
    header = ("TENANT", "NAME", "SCHEDULE", "ZONE", "NEXT", "LAST", "PROBLEM")
    return table([header, *map(schedule_line, rows)])


def schedule_line(row: ScheduleRow) -> tuple[str, ...]:
    return (
        row["tenant"],
        row["name"],
        row["schedule"] or "-",
        row["timezone"] or "-",
        next_text(row) if row["enabled"] else pause_text(row),
        row["last_state"] or "-",
        row["problem"] or "",
    )


def pause_text(row: ScheduleRow) -> str:
    until = row["pause"]["until"] if "pause" in row else None
    # A zone that does not exist may stand there.
    zone = row["timezone"] if row["timezone"] in known_timezones() else None
    return f"paused until {local(until, zone)}" if until else "paused"


def next_text(row: ScheduleRow) -> str:
    """Tell when a schedule fires next, and with a spread how long that is after its slot."""
    fires = local(row["next_at"], row["timezone"])
    slot_at, minutes = row.get("slot_at"), row.get("spread_minutes")
    if not (slot_at and minutes):
        return fires
    return f"{fires} (slot {local(slot_at, row['timezone'])}, within {minutes} min)"


def run_table(rows: Iterable[dict[str, Any]]) -> str:
    """Lay out runs, with instants in UTC."""
    header = ("SLOT (UTC)", "NAME", "STATE", "TRIGGER", "EXAMINED", "CLOSED", "ERROR")
    return table([header, *map(run_line, rows)])


def run_line(row: dict[str, Any]) -> tuple[str, ...]:
    return (
        local(row["slot"], "UTC"),
        row["name"],
        row["state"],
        row["trigger"],
        str(row["examined"]),
        str(row["closed"]),
        row["error"] or "",
    )


def local(instant: datetime | None, zone: str | None) -> str:
    if instant is None:
        return "-"
    return instant.astimezone(ZoneInfo(zone or "UTC")).strftime("%Y-%m-%d %H:%M:%S %Z")


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Align columns; the last one is left as long as it is."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return "\n".join(lines)
