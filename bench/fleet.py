"""A thousand thin tenants with due slots, written by SQL: what beat reads, and no more."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection
from kombu import Connection

from bench.fleet_rows import make_tenant_rows
from bench.thin_tenants import make_thin_tenants
from scheduling.agenda.clock import database_now

TENANTS = 1_000
PREFIX = "slots"
QUEUES = ("celery", "platform")
#: Such as tenants write, in several zones; but none that is due again while a burst is worked off.
CRONTABS = ("45 1 * * *", "15 2 * * *", "20 6 * * 1-5", "30 23 1 * *", "40 4 * * 0")
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")


def make_tenants() -> None:
    """Make the thousand, unless they are there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tenants_tenant WHERE slug LIKE %s", [f"{PREFIX}-%"])
        if cursor.fetchone()[0] == TENANTS:
            return
    make_thin_tenants(PREFIX, TENANTS)
    make_tenant_rows(TENANTS, PREFIX)


def empty() -> None:
    """Leave no slot, no firing and no message."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE agenda_firing, agenda_dueslot")
        cursor.execute("DELETE FROM agenda_schedulechange")


def purge(url: str) -> None:
    """Take all messages from the broker's queues."""
    with Connection(url) as broker:
        channel = broker.channel()
        for queue in QUEUES:
            channel.queue_declare(queue=queue, durable=True, auto_delete=False)
            channel.queue_purge(queue)


def make_due(count: int, lead: timedelta) -> datetime:
    """Write `count` slots that are due at one instant, `lead` from now; return the instant."""
    due_at = database_now() + lead
    make_slots(count, due_at)
    return due_at


def make_slots(count: int, due_at: datetime, first: int = 0) -> None:
    """Write `count` slots; schedules are numbered from `first` on, for the ones before are there."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO agenda_dueslot (tenant_id, periodic_task_id, name, task, queue, cadence,
                chosen, one_off, fingerprint, due_at, problem, is_stale)
            SELECT tenant.id, slot.n, 'slot', 'orders.tasks.auto_close_old_orders', 'celery',
                jsonb_build_object('kind', 'crontab', 'crontab', (%s::text[])[1 + slot.n %% 5],
                    'timezone', (%s::text[])[1 + tenant.id %% 5]),
                '{}', false, 'made by a benchmark', %s, '', false
            FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n
                FROM tenants_tenant WHERE slug LIKE %s) AS tenant
            JOIN (SELECT n / %s AS n, n %% %s AS tenant FROM generate_series(%s, %s) AS n) AS slot
                ON slot.tenant = tenant.n
            """,
            [
                list(CRONTABS),
                list(ZONES),
                due_at,
                f"{PREFIX}-%",
                TENANTS,
                TENANTS,
                first,
                first + count - 1,
            ],
        )
        cursor.execute("VACUUM ANALYZE agenda_dueslot")
