"""What the audit log says of schedules.

Rows are read as values: one that no model can hold, with the time zone 'Mars' say, is what people
come to put right, and that must be told like any other change.
"""

from collections.abc import Mapping
from typing import Any

from scheduling.agenda.versions import name_actor
from scheduling.models import Brake, Pause, Schedule
from scheduling.periodic import CRONTAB_FIELDS, Row, crontab_text, periodic_rows
from tenants.audit.authors import author
from tenants.audit.writing import write_difference

#: Told as one crontab, or not worth telling.
LEFT_OUT = {"id", "policies", *(f"crontab__{field}" for field in CRONTAB_FIELDS)}


def columns_of(schedule_id: int | None) -> dict[str, Any]:
    """Return what a schedule's row holds, as far as it says anything; nothing when there is none."""
    rows = periodic_rows(pk=schedule_id) if schedule_id else []
    if not rows:
        return {}
    is_paused = not rows[0]["enabled"]
    return columns_in(rows[0]) | (pause_of(rows[0]["id"]) if is_paused else {})


def columns_in(row: Row) -> dict[str, Any]:
    told = columns_alone(row)
    brake = Brake.of(row["id"])
    if brake.rule != Brake.Rule.USUAL:
        told |= {"brake": brake.rule, "brake_most": brake.most}
    return told


def columns_alone(row: Row) -> dict[str, Any]:
    """Return what stands in the row itself and in its policies, without a look at anything else."""
    told = {
        name: value
        for name, value in row.items()
        if value is not None and name not in LEFT_OUT and not name.endswith("_id")
    } | row["policies"]
    if row["crontab_id"] is not None:
        told["crontab"] = crontab_text(row)
    return told


def pause_of(schedule_id: int) -> dict[str, Any]:
    """Return why a schedule is paused and until when, as far as somebody said so."""
    pause = Pause.objects.filter(pk=schedule_id).first()
    told = {"reason": pause.reason, "until": pause.until_at} if pause else {}
    return {name: value for name, value in told.items() if value}


def record(schedule_id: int, before: Mapping[str, Any]) -> None:
    """Write down what became of a schedule that was as `columns_of` told `before`, and who did it."""
    who = author()
    name_actor(who.actor or who.via)
    after = columns_of(schedule_id)
    name = str((after or before).get("name", ""))
    write_difference(Schedule(pk=schedule_id, name=name), before, after)
