"""Ending an alarm: its slot or a later one succeeded, or there is no run to expect any more."""

from datetime import datetime, timedelta

from scheduling.agenda.alarms.raising import BATCH, in_batches

#: An untaken slot that an edit took away leaves no firing. Later the ledger may have forgotten one.
LEDGER_REMEMBERS = timedelta(days=1)


def end_alarms(now: datetime) -> int:
    """End what is well again or no longer expected, a batch at a time; return how many."""
    given = {"now": now, "remembered_since": now - LEDGER_REMEMBERS, "limit": BATCH}
    return sum(in_batches(statement, given) for statement in (RAN, WITHDRAWN))


END = """
UPDATE agenda_alarm SET recovered_at = %(now)s, ending = '{ending}' WHERE id IN (
    SELECT id FROM agenda_alarm alarm WHERE recovered_at IS NULL AND {condition} LIMIT %(limit)s
)
"""
#: Of the alarm's schedule, beat's own firings.
ITS_FIRING = """
SELECT FROM agenda_firing firing
WHERE firing.tenant_id = alarm.tenant_id AND firing.periodic_task_id = alarm.periodic_task_id
    AND firing.trigger <> 'manual'
"""
ITS_SLOT = """
SELECT FROM agenda_dueslot slot
WHERE slot.tenant_id = alarm.tenant_id AND slot.periodic_task_id = alarm.periodic_task_id
"""
RAN = END.format(
    ending="ran",
    condition=f"""
    EXISTS ({ITS_FIRING} AND firing.slot_at >= alarm.slot_at AND firing.outcome = 'succeeded')
    """,
)
WITHDRAWN = END.format(
    ending="withdrawn",
    condition=f"""
    NOT EXISTS ({ITS_FIRING} AND firing.state IN ('planned', 'published', 'started')) AND (
        NOT EXISTS ({ITS_SLOT} AND slot.due_at IS NOT NULL)
        OR (
            alarm.reason IN ('untaken', 'held') AND alarm.raised_at > %(remembered_since)s
            AND EXISTS ({ITS_SLOT} AND due_at - spread_seconds * interval '1 second' > alarm.slot_at)
            AND NOT EXISTS ({ITS_FIRING} AND firing.slot_at >= alarm.slot_at)
        )
    )
    """,
)
