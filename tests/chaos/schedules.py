"""Two schedules for each tenant: of every catch-up policy, every overlap policy, and in many zones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg2

from tests.chaos import oracle
from tests.chaos.product import Product
from tests.chaos.records import Schedule, Span
from tests.chaos.tenants import ZONES
from tests.integration.rows import CLOSING, RAISE_LIMITS

CATCH_UPS = ("skip", "once", "all")
#: The crontab's. An interval's is `allow`: else an outage would leave its slots skipped, and little to see.
OVERLAPS = ("allow", "wait", "skip")
#: Between a schedule's slots and the moment in which it is disabled, so that nobody is in doubt.
CALM = timedelta(seconds=1)


def plan_schedules(schemas: list[str], seconds: range, starts_at: datetime) -> Iterator[Schedule]:
    """A crontab of every minute and an interval for each tenant, the policies in equal parts.

    An interval counts from an instant of its own, so that not all tenants fire at once.
    """
    for number, schema in enumerate(schemas):
        zone, every = ZONES[number % len(ZONES)], seconds[number % len(seconds)]
        minutely = Schedule(
            schema=schema,
            periodic_task_id=0,
            starts_at=starts_at,
            crontab=every_minute(number, zone, starts_at),
            zone=zone,
            catch_up=CATCH_UPS[number % len(CATCH_UPS)],
            overlap=OVERLAPS[number // len(CATCH_UPS) % len(OVERLAPS)],
        )
        yield minutely
        yield replace(
            minutely,
            starts_at=starts_at + timedelta(seconds=number % every),
            crontab="",
            every_seconds=every,
            overlap="allow",
        )


def every_minute(number: int, zone: str, now: datetime) -> str:
    """Every minute, also told by the hours that the zone's clock shows at the time."""
    shown = now.astimezone(ZoneInfo(zone)).hour
    hours = ",".join(str((shown + ahead) % 24) for ahead in (-1, 0, 1, 2))
    return ("* * * * *", f"* {hours} * * *", "*/1 0-23 * * *", f"0-59 {hours} * * 0-6")[number % 4]


def write_schedules(product: Product, wanted: Iterable[Schedule]) -> list[Schedule]:
    """Write the rows by SQL, and return the schedules with the ids they got."""
    with closing(psycopg2.connect(product.database_url)) as connection, connection:
        with connection.cursor() as cursor:
            return [write(cursor, schedule) for schedule in wanted]


def write(cursor, schedule: Schedule) -> Schedule:
    cursor.execute(f'SET LOCAL search_path = "{schedule.schema}"')
    cursor.execute("SELECT to_regclass('public.agenda_limits') IS NOT NULL")
    if cursor.fetchone() == (True,):
        cursor.execute(RAISE_LIMITS, [schedule.schema])
    if schedule.every_seconds:
        kind, schedule_id = "interval", write_interval(cursor, schedule.every_seconds)
    else:
        kind, schedule_id = "crontab", write_crontab(cursor, schedule)
    cursor.execute(
        f"INSERT INTO django_celery_beat_periodictask (name, task, {kind}_id, start_time, args,"
        " kwargs, headers, one_off, enabled, total_run_count, description, date_changed)"
        " VALUES (%s, %s, %s, %s, '[]', '{}', '{}', false, true, 0, '', now()) RETURNING id",
        [kind, CLOSING, schedule_id, schedule.starts_at],
    )
    ((periodic_task_id,),) = cursor.fetchall()
    cursor.execute("SELECT to_regclass('scheduling_policy') IS NOT NULL")
    if cursor.fetchone() == (True,):
        cursor.execute(
            "INSERT INTO scheduling_policy (periodic_task_id, catch_up, overlap)"
            " VALUES (%s, %s, %s)",
            [periodic_task_id, schedule.catch_up, schedule.overlap],
        )
    cursor.execute("SELECT to_regclass('scheduling_brake') IS NOT NULL")
    if cursor.fetchone() == (True,):
        # Nobody is there to approve the runs of many orders, by which workers are kept busy.
        cursor.execute(
            "INSERT INTO scheduling_brake (periodic_task_id, rule) VALUES (%s, 'never')",
            [periodic_task_id],
        )
    return replace(schedule, periodic_task_id=periodic_task_id)


def write_interval(cursor, seconds: int) -> int:
    cursor.execute(
        "INSERT INTO django_celery_beat_intervalschedule (every, period)"
        " VALUES (%s, 'seconds') RETURNING id",
        [seconds],
    )
    return cursor.fetchone()[0]


def write_crontab(cursor, schedule: Schedule) -> int:
    cursor.execute(
        "INSERT INTO django_celery_beat_crontabschedule"
        " (minute, hour, day_of_month, month_of_year, day_of_week, timezone)"
        " VALUES (%s, %s, %s, %s, %s, %s) RETURNING id",
        [*schedule.crontab.split(), schedule.zone],
    )
    return cursor.fetchone()[0]


class Disabling:
    """Closes the books: each tenant's schedules are disabled well away from any of their slots."""

    def __init__(self, product: Product, schedules: list[Schedule]) -> None:
        self.product = product
        self.waiting = {s.schema: [t for t in schedules if t.schema == s.schema] for s in schedules}
        self.closings: dict[str, Span] = {}

    def disable_calm(self, now: datetime) -> bool:
        """Disable those that are calm now; return whether any are left."""
        for schema, schedules in list(self.waiting.items()):
            if all(is_calm(schedule, now) for schedule in schedules):
                self.closings[schema] = disable(self.product, schema)
                del self.waiting[schema]
                now = datetime.now(UTC)
        return bool(self.waiting)


def is_calm(schedule: Schedule, now: datetime) -> bool:
    return not any(at > now - CALM for at in oracle.slots(schedule, now + CALM))


def disable(product: Product, schema: str) -> Span:
    begins_at = datetime.now(UTC)
    product.sql("UPDATE django_celery_beat_periodictask SET enabled = false", schema=schema)
    return Span(begins_at, datetime.now(UTC))
