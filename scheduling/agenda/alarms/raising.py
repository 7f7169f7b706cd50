"""What is late: a slot that nobody took, a firing that came to no end, or to a bad one.

Each statement looks through an index, whatever the number of tenants, and passes over what is told
already: a schedule with an open alarm, a slot whose alarm has ended, a slot after which another one
of its schedule succeeded. A run by hand raises no alarm and ends none.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

#: Alarms per statement, each a transaction of its own.
BATCH = 20_000
#: A failure shows in the ledger when its transaction commits, which may be as much later.
COMMITTED_WITHIN = timedelta(minutes=5)
#: After a stop of all passes, failures are looked for no further back.
LOOKED_BACK = timedelta(days=1)


def wrong_since(now: datetime, seen_until: datetime | None) -> datetime:
    """Return from when on failures may be new; `seen_until` may be ahead, if the clock went back."""
    return max(min(seen_until or now, now) - COMMITTED_WITHIN, now - LOOKED_BACK)


def raise_alarms(now: datetime, seen_until: datetime | None) -> int:
    """Raise an alarm for each schedule with a late slot, a batch at a time; return how many."""
    given = {
        "now": now,
        "grace": settings.SCHEDULE_POLICIES["alarm_after"],
        "wrong_since": wrong_since(now, seen_until),
        "limit": BATCH,
    }
    kinds = (UNTAKEN, HELD, UNSETTLED, WRONG)
    statements = [RAISE.format(late=kind.format(is_late=IS_LATE)) for kind in kinds]
    return sum(in_batches(statement, given) for statement in statements)


def in_batches(statement: str, given: Mapping[str, Any]) -> int:
    """Run a statement until it finds less than a batch; return the number of rows it wrote."""
    written = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(statement, given)
            written += cursor.rowcount
            if cursor.rowcount < given["limit"]:
                return written


#: Each schedule's earliest late slot, unless one alarm of it is open, or has ended that was of this
#: slot or a later one, or a later slot succeeded.
RAISE = """
INSERT INTO agenda_alarm
    (tenant_id, periodic_task_id, name, slot_at, reason, raised_at, ending)
SELECT DISTINCT ON (late.tenant_id, late.periodic_task_id)
    late.tenant_id, late.periodic_task_id, late.name, late.slot_at, late.reason, %(now)s, ''
FROM ({late}) late
WHERE NOT EXISTS (
    SELECT FROM agenda_alarm alarm
    WHERE alarm.tenant_id = late.tenant_id AND alarm.periodic_task_id = late.periodic_task_id
        AND (alarm.recovered_at IS NULL OR alarm.slot_at >= late.slot_at)
) AND NOT EXISTS (
    SELECT FROM agenda_firing well
    WHERE well.tenant_id = late.tenant_id AND well.periodic_task_id = late.periodic_task_id
        AND well.slot_at > late.slot_at AND well.outcome = 'succeeded' AND well.trigger <> 'manual'
)
ORDER BY late.tenant_id, late.periodic_task_id, late.slot_at
LIMIT %(limit)s
ON CONFLICT DO NOTHING
"""
#: When a slot has had the grace that its schedule's policy gives it.
IS_LATE = """
< %(now)s - make_interval(secs => coalesce((slot.chosen ->> 'alarm_after')::int, %(grace)s))
"""
#: Nobody took it. Those that were held back stand apart, for they have an index of their own.
UNTAKEN = """
SELECT slot.tenant_id, periodic_task_id, slot.name,
    due_at - spread_seconds * interval '1 second' AS slot_at, 'untaken' AS reason
FROM agenda_dueslot slot JOIN tenants_tenant tenant ON tenant.id = slot.tenant_id
WHERE due_at < %(now)s AND due_at {is_late} AND held_until IS NULL AND tenant.state = 'active'
"""
HELD = """
SELECT slot.tenant_id, periodic_task_id, slot.name,
    due_at - spread_seconds * interval '1 second' AS slot_at, 'held' AS reason
FROM agenda_dueslot slot JOIN tenants_tenant tenant ON tenant.id = slot.tenant_id
WHERE due_at < %(now)s AND due_at {is_late} AND held_until IS NOT NULL AND tenant.state = 'active'
"""
#: From its planning on, so that one that was planned late, which the slot has told, has its grace. Of
#: one that is held its owners are told otherwise.
UNSETTLED = """
SELECT firing.tenant_id, firing.periodic_task_id, coalesce(slot.name, firing.task) AS name, slot_at,
    CASE firing.state WHEN 'planned' THEN 'unsent' WHEN 'published' THEN 'unstarted'
        ELSE 'unfinished' END AS reason
FROM agenda_firing firing JOIN tenants_tenant tenant ON tenant.id = firing.tenant_id
    LEFT JOIN agenda_dueslot slot USING (tenant_id, periodic_task_id)
WHERE firing.state IN ('planned', 'published', 'started') AND planned_at < %(now)s
    AND planned_at {is_late} AND trigger <> 'manual' AND verdict = '' AND tenant.state = 'active'
    AND released IS NULL
"""
#: It ended badly. Of what was missed a later slot may be on its way, by catch-up, which then tells.
WRONG = """
SELECT firing.tenant_id, firing.periodic_task_id, coalesce(slot.name, firing.task) AS name, slot_at,
    outcome AS reason
FROM agenda_firing firing LEFT JOIN agenda_dueslot slot USING (tenant_id, periodic_task_id)
WHERE outcome IN ('failed', 'missed') AND settled_at > %(wrong_since)s AND trigger <> 'manual'
    AND (outcome = 'failed' OR NOT EXISTS (
        SELECT FROM agenda_firing later
        WHERE later.tenant_id = firing.tenant_id AND later.trigger <> 'manual'
            AND later.periodic_task_id = firing.periodic_task_id AND later.slot_at > firing.slot_at
            AND later.state IN ('planned', 'published', 'started')
    ))
"""
