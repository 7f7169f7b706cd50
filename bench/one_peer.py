"""`python -m bench.one_peer NAME COUNT SECONDS`: one other scheduler, with `COUNT` entries due at once.

It says in JSON how many messages it sent and how long it took, up to `SECONDS`.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from typing import Any

from bench import environment  # noqa: F401  # isort: skip  # before anything asks for settings
from celery import Celery
from celery.schedules import schedule as every
from django.conf import settings
from django.db import connection, connections
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from bench import fleet
from bench.bare import QUEUE, nothing
from bench.sessions import PlainWrapper, session_of

TASK = "bench.nothing"
TABLES = (
    "intervalschedule",
    "crontabschedule",
    "solarschedule",
    "clockedschedule",
    "periodictasks",
)
#: Longer than a peer is given: an entry is due once.
INTERVAL_SECONDS = 3600
#: One that has never run is due only after its interval.
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def database_scheduler(app: Celery, count: int) -> Any:
    """django_celery_beat's, over one schema."""
    from django_celery_beat.schedulers import DatabaseScheduler

    PeriodicTask.objects.all().delete()
    interval = IntervalSchedule.objects.create(every=INTERVAL_SECONDS, period="seconds")
    PeriodicTask.objects.bulk_create(
        PeriodicTask(name=f"entry {n}", task=TASK, interval=interval, last_run_at=LONG_AGO)
        for n in range(count)
    )
    return DatabaseScheduler(app=app)


def tenant_aware_scheduler(app: Celery, count: int) -> Any:
    """tenant-schemas-celery's, with one entry in each tenant's schema."""
    from tenant_schemas_celery.db_scheduler import TenantAwareDatabaseScheduler

    PeriodicTask.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT schema_name FROM tenants_tenant WHERE slug LIKE %s ORDER BY id LIMIT %s",
            [f"{fleet.PREFIX}-%", count],
        )
        for (schema_name,) in cursor.fetchall():
            cursor.execute(entry_of(schema_name))
    return TenantAwareDatabaseScheduler(app=app)


def entry_of(schema_name: str) -> str:
    """Return statements that make django_celery_beat's tables in a schema, and one entry."""
    names = [f"django_celery_beat_{table}" for table in (*TABLES, "periodictask")]
    tables = "".join(
        f"CREATE TABLE IF NOT EXISTS {schema_name}.{name} (LIKE public.{name} INCLUDING ALL);"
        for name in names
    )
    return f"""
        {tables} TRUNCATE {schema_name}.{names[0]}, {schema_name}.{names[-1]};
        INSERT INTO {schema_name}.{names[0]} (id, every, period)
            VALUES (1, {INTERVAL_SECONDS}, 'seconds');
        INSERT INTO {schema_name}.{names[-1]} (id, name, task, interval_id, enabled, args, kwargs,
            headers, description, one_off, total_run_count, date_changed,
                last_run_at)
            VALUES (1, '{schema_name}', '{TASK}', 1, true, '[]', '{{}}', '{{}}', '', false, 0, now(),
                now() - interval '2 days');
    """  # noqa: S608 - names of ours


def redbeat(app: Celery, count: int) -> Any:
    """celery-redbeat's, with its entries in Redis."""
    from redbeat import RedBeatScheduler, RedBeatSchedulerEntry

    app.conf.redbeat_redis_url = settings.CELERY_BROKER_URL
    app.conf.redbeat_lock_key = None
    for number in range(count):
        RedBeatSchedulerEntry(f"entry {number}", TASK, every(INTERVAL_SECONDS), app=app).save()
    scheduler = RedBeatScheduler(app=app)
    make_due(app)
    return scheduler


def make_due(app: Celery) -> None:
    """Have all of redbeat's entries be due: new ones are only after their interval."""
    from redbeat.schedulers import get_redis

    client, key = get_redis(app), app.redbeat_conf.schedule_key
    client.zadd(key, dict.fromkeys(client.zrange(key, 0, -1), 1))
    for name in client.zrange(key, 0, -1):
        client.hset(name, "meta", json.dumps({"last_run_at": None}))


PEERS = {
    "TenantAwareDatabaseScheduler": tenant_aware_scheduler,
    "DatabaseScheduler": database_scheduler,
    "RedBeat": redbeat,
}


def main() -> None:
    name, count, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    connections["default"] = session_of("owner", PlainWrapper)
    app = Celery("peer", broker=settings.CELERY_BROKER_URL, set_as_current=True)
    app.conf.update(task_ignore_result=True, task_default_queue=QUEUE)
    app.task(nothing, name=TASK)
    scheduler = PEERS[name](app, count)
    print(json.dumps(worked(app, scheduler, count, seconds)))


def worked(app: Celery, scheduler: Any, count: int, seconds: float) -> dict[str, float]:
    """Tick until as many messages have been sent, or the time is over."""
    sent = 0

    def note(*args: Any, **options: Any) -> Any:
        nonlocal sent
        sent += 1
        return send(*args, **options)

    send, app.send_task = app.send_task, note
    begun = time.perf_counter()
    while sent < count and time.perf_counter() - begun < seconds:
        scheduler.tick()
    return {"sent": sent, "seconds": time.perf_counter() - begun}


if __name__ == "__main__":
    main()
