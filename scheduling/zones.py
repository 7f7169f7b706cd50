"""On whose clocks a schedule's slots are shown: its own, else the viewer's."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from scheduling.models import Run


class Named(NamedTuple):
    """A schedule by what people know it by, and its zone if it has one."""

    name: str
    zone: str | None


def named_schedules() -> dict[int, Named]:
    """Return all schedules of the current schema; a tenant has few."""
    rows = PeriodicTask.objects.annotate(zone=Cast("crontab__timezone", TextField()))
    found = rows.values_list("pk", "name", "zone")
    return {pk: Named(name, zone if zone and exists(zone) else None) for pk, name, zone in found}


def zones_of(periodic_task_ids: Iterable[int]) -> dict[int, str]:
    """Return the zones of those of these schedules of the current schema that have one, in a query."""
    # As text: a zone that does not exist can stand in a row, and must not keep others from view.
    zone = Cast("crontab__timezone", TextField())
    rows = PeriodicTask.objects.filter(pk__in=set(periodic_task_ids), crontab__isnull=False)
    found = rows.annotate(zone=zone).values_list("pk", "zone")
    return {pk: zone for pk, zone in found if exists(zone)}


def viewers_zone() -> str:
    return timezone.get_current_timezone_name()


@lru_cache(maxsize=1000)
def exists(zone: str) -> bool:
    try:
        return bool(ZoneInfo(zone))
    except (
        OSError,
        ValueError,
        KeyError,
    ):  # the last is what zoneinfo says of one it does not know
        return False


def with_zones(runs: list[Run]) -> list[Run]:
    """Give each run the zone of its schedule, if there is one still, with one query for any number."""
    zones = zones_of(run.periodic_task_id for run in runs)
    for run in runs:
        run.zone = zones.get(run.periodic_task_id)  # type: ignore[attr-defined]
    return runs


def zone_of(run: Run) -> str:
    """Return the zone that `with_zones` gave a run, or else the viewer's."""
    return getattr(run, "zone", None) or viewers_zone()
