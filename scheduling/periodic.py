"""Reading periodic tasks: data, never instructions.

Of a row only the cadence, `enabled` and validated parameters are used. What the platform decides
(task by catalogue; queue, headers, routing) must be left alone, or the row is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import TextField
from django.db.models.functions import Cast
from django_celery_beat.models import PeriodicTask

from scheduling import problems
from scheduling.cadence import (
    Cadence,
    ClockedCadence,
    CrontabCadence,
    IntervalCadence,
    InvalidCadence,
    SolarCadence,
)
from scheduling.catalogue import Entry, ParametersError
from tenants.schema import in_public_schema

Row = Mapping[str, Any]

LEAST_INTERVAL, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
KINDS = ("crontab", "interval", "clocked", "solar")
CRONTAB_FIELDS = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
#: The columns that say when; a change of one of them begins the cadence anew.
CADENCE_COLUMNS = (
    "task",
    "one_off",
    "start_text",
    "expires_text",
    *(f"{kind}_id" for kind in KINDS),
    *(f"crontab__{field}" for field in CRONTAB_FIELDS),
    "zone",
    "interval__every",
    "interval__period",
    "clocked_text",
    "solar__event",
    "solar__latitude",
    "solar__longitude",
)
READ_AS_TEXT = {
    "zone": "crontab__timezone",
    "start_text": "start_time",
    "expires_text": "expires",
    "clocked_text": "clocked__clocked_time",
}
#: What each column of the platform's holds when a tenant has left it alone.
UNTOUCHED: dict[str, tuple[Any, ...]] = {
    "args": ("[]", ""),
    "headers": ("{}", ""),
    "queue": (None, ""),
    "exchange": (None, ""),
    "routing_key": (None, ""),
    "priority": (None,),
}
COLUMNS = ("id", "name", "enabled", "kwargs", *CADENCE_COLUMNS, *UNTOUCHED)
#: Of the policies, those that say when a cadence has slots, and when they fire.
CLOCK_CHOICES = ("gap", "repeat")
SPREAD = "spread_minutes"
#: Of a row, how often its tenant allows a schedule to fire; where it is absent, as often as any may.
LEAST_SECONDS = "least_interval_seconds"
KWARGS_MAXIMUM = 10_000  # characters; a version keeps no more (`agenda_capture`)


class Unreadable(ValueError):
    """A row that is set aside; the message names the column and what would be right."""


@dataclass(frozen=True)
class Reading:
    """What a row asks for, understood and allowed."""

    entry: Entry
    cadence: Cadence
    parameters: dict[str, Any]
    one_off: bool


def periodic_rows(**lookup: Any) -> list[dict[str, Any]]:
    """Return the current schema's periodic tasks as plain values, with schedules and policies.

    Zones and instants are read as text: one that Python cannot hold (a zone that does not exist,
    the year 44 BC, infinity) must not keep the other rows from loading.
    """
    rows = PeriodicTask.objects.filter(**lookup).order_by("pk")
    texts = {name: Cast(column, TextField()) for name, column in READ_AS_TEXT.items()}
    found = list(rows.annotate(**texts).values(*COLUMNS))
    policies = chosen_policies([row["id"] for row in found])
    return [row | {"policies": policies.get(row["id"], {})} for row in found]


def chosen_policies(periodic_task_ids: list[int]) -> dict[int, dict[str, Any]]:
    """Return what is chosen for each schedule that has a policy; the platform's own have none."""
    if in_public_schema():
        return {}
    from scheduling.models import Policy  # at hand once all models are loaded

    return {
        policy["periodic_task_id"]: {
            name: value
            for name, value in policy.items()
            if value is not None and name != "periodic_task_id"
        }
        for policy in Policy.objects.filter(periodic_task_id__in=periodic_task_ids).values()
    }


def read(row: Row, catalogue: Mapping[str, Entry], anchor_at: datetime) -> Reading:
    """Understand one row; raises Unreadable, saying which column is wrong.

    `anchor_at` is where an interval without a start time begins to count.
    """
    entry = catalogue.get(row["task"])
    if entry is None:
        said = problems.UNKNOWN_TASK(task=row["task"], tasks=", ".join(catalogue))
        raise Unreadable(f"task: {said}")
    refuse_instructions(row)
    parameters = parameters_of(row, entry)
    cadence = cadence_of(row, anchor_at)
    return Reading(entry, cadence, parameters, row["one_off"] or cadence.kind == "clocked")


def refuse_instructions(row: Row) -> None:
    for column, untouched in UNTOUCHED.items():
        if row[column] not in untouched:
            raise Unreadable(f"{column}: {problems.NOT_YOURS}")


def parameters_of(row: Row, entry: Entry) -> dict[str, Any]:
    if len(row["kwargs"] or "") > KWARGS_MAXIMUM:
        raise Unreadable(f"kwargs: {problems.TOO_LONG(most=KWARGS_MAXIMUM)}")
    try:
        given = json.loads(row["kwargs"] or "{}")
    except (ValueError, RecursionError):
        raise Unreadable(f"kwargs: {problems.NO_JSON}") from None
    if not isinstance(given, dict):
        raise Unreadable(f"kwargs: {problems.NO_OBJECT}")
    try:
        return entry.parameters(given)
    except ParametersError as error:
        raise Unreadable(f"kwargs: {error}") from None


def cadence_of(row: Row, anchor_at: datetime) -> Cadence:
    """Build the cadence of a row that names exactly one schedule."""
    kinds = [kind for kind in KINDS if row[f"{kind}_id"] is not None]
    if len(kinds) != 1:
        raise Unreadable(f"schedule: {problems.NOT_ONE_SCHEDULE(count=len(kinds))}")
    bounds = {
        "start_at": instant_of(row["start_text"], "start_time"),
        "expires_at": instant_of(row["expires_text"], "expires"),
    }
    try:
        cadence = BUILDERS[kinds[0]](row, anchor_at, bounds)
    except InvalidCadence as error:
        raise Unreadable(str(error)) from None
    refuse_haste(cadence, least_interval(row))
    return cadence


def crontab_text(row: Row) -> str:
    """Return the five fields of a row's crontab as they are written, right or wrong."""
    return " ".join(row[f"crontab__{field}"] for field in CRONTAB_FIELDS)


def least_interval(row: Row) -> timedelta:
    return max(LEAST_INTERVAL, timedelta(seconds=row.get(LEAST_SECONDS) or 0))


def refuse_haste(cadence: Cadence, least: timedelta) -> None:
    """Raise Unreadable where two slots of a cadence come sooner after each other than is allowed."""
    if cadence.kind != "interval" and least <= MINUTE:
        return  # nothing else has two slots within a minute
    if cadence.least_gap < least:
        said = problems.too_often(cadence.kind, int(least.total_seconds()))
        raise Unreadable(f"{cadence.kind}: {said}")


def instant_of(text: str | None, column: str) -> datetime | None:
    """Read an instant as Postgres writes it; raises Unreadable for one that Python cannot hold."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise Unreadable(f"{column}: {problems.NO_DATE(text=text)}") from None


Builder = Callable[[Row, datetime, dict[str, Any]], Cadence]


def crontab_of(row: Row, _anchor_at: datetime, bounds: dict[str, Any]) -> Cadence:
    fields = {field: row[f"crontab__{field}"] for field in CRONTAB_FIELDS}
    choices = {name: row["policies"][name] for name in CLOCK_CHOICES if name in row["policies"]}
    return CrontabCadence.of_fields(**fields, zone=row["zone"], **choices, **bounds)


def interval_of(row: Row, anchor_at: datetime, bounds: dict[str, Any]) -> Cadence:
    anchor_at = bounds["start_at"] or anchor_at
    return IntervalCadence.of(row["interval__every"], row["interval__period"], anchor_at, **bounds)


def clocked_of(row: Row, _anchor_at: datetime, bounds: dict[str, Any]) -> Cadence:
    at = instant_of(row["clocked_text"], "clocked_time")
    if at is None:
        raise Unreadable(f"clocked: {problems.NO_TIME}")
    return ClockedCadence(at, **bounds)


def solar_of(row: Row, _anchor_at: datetime, bounds: dict[str, Any]) -> Cadence:
    place = float(row["solar__latitude"]), float(row["solar__longitude"])
    return SolarCadence(row["solar__event"], *place, **bounds)


BUILDERS: dict[str, Builder] = {
    "crontab": crontab_of,
    "interval": interval_of,
    "clocked": clocked_of,
    "solar": solar_of,
}


def cadence_fingerprint(row: Row) -> str:
    """Return a hash of what in a row says when; while it stays, so does the next slot."""
    told = [row[column] for column in CADENCE_COLUMNS]
    told += [row["policies"].get(name) for name in CLOCK_CHOICES]
    # Nothing is added where nothing is chosen, so that hashes of before there was a choice hold.
    told += [row["policies"][SPREAD]] if SPREAD in row["policies"] else []
    # A degree is a Decimal from its table and a float from a version, where JSON has kept it.
    plain = [float(value) if isinstance(value, Decimal) else value for value in told]
    return hashlib.sha256(json.dumps(plain, default=str).encode()).hexdigest()
