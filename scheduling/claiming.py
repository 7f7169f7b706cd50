"""Claiming the run of a firing's slot: whoever has written or locked its row does the work, once."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.core.serializers.json import DjangoJSONEncoder
from django.db import DataError, connection

from scheduling.agenda.halts import Hindered
from scheduling.agenda.ledger import Refused
from scheduling.agenda.models import Firing
from scheduling.models import Run
from scheduling.plain import plain
from scheduling.retrying import retry_behind


class Row(NamedTuple):
    """What a run asks of its schedule's row."""

    name: str
    task: str
    enabled: bool
    kwargs: str
    #: What was chosen of its brake, if anything: see `scheduling.brake.Brake`.
    brake_rule: str | None
    brake_most: int | None


def prove_path(firing: Firing) -> Row | None:
    """Ask Postgres itself where unqualified names lead; anything but the tenant's schema is refused.

    Return what the schedule's row there says, None when it is gone.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute(LOOK, [firing.periodic_task_id])
            path, *row = cursor.fetchone()
    except DataError as error:  # what Postgres says of a role that is not there
        raise Hindered(plain(error)) from error
    refuse_elsewhere(firing, path)
    return None if row[0] is None else Row(*row)


def refuse_elsewhere(firing: Firing, path: list[str]) -> None:
    schemas = [name for name in path if not name.startswith("pg_temp")]
    if schemas != [firing.tenant.schema_name]:
        raise Refused(f"the search path is {schemas}")


def claim(firing: Firing, name: str, parameters: Mapping[str, Any]) -> tuple[Run, bool]:
    """Return the locked run of this firing's slot, and whether it was written just now."""
    run = new_run(firing, name)
    run.parameters = dict(parameters)
    given = {column: getattr(run, column) for column in WRITTEN}
    given["parameters"] = json.dumps(run.parameters, cls=DjangoJSONEncoder)
    with connection.cursor() as cursor:
        cursor.execute(WRITE, given)
        written = cursor.fetchone()
    if written is None:
        return locked_run(firing), False
    run.pk = written[0]
    return run, True


def locked_run(firing: Firing) -> Run:
    slot = {"periodic_task_id": firing.periodic_task_id, "slot_at": firing.slot_at}
    return Run.objects.select_for_update().get(**slot)


def lock_again(run: Run, firing: Firing) -> bool:
    """Lock the run for one more step, and read what another worker may have made of it meanwhile.

    Returns whether staff asked for its end. Raises Run.DoesNotExist when it is gone.
    """
    given: dict[str, Any] = {"run": run.pk, "firing": firing.pk, "slot_at": firing.slot_at}
    with connection.cursor() as cursor:
        cursor.execute(LOCK_AGAIN, given)
        row = cursor.fetchone()
    if row is None:
        raise Run.DoesNotExist
    run.state, run.closed, run.error, is_to_end = row
    return bool(is_to_end)


def new_run(firing: Firing, name: str) -> Run:
    # The ledger has a retry for a run by hand, which it is.
    is_retry = retry_behind(firing.periodic_task_id, firing.slot_at, firing.trigger)
    return Run(
        periodic_task_id=firing.periodic_task_id,
        name=name or firing.task,
        task=firing.task,
        slot_at=firing.slot_at,
        trigger=Run.Trigger.RETRY if is_retry else firing.trigger,
        started_at=firing.started_at,
    )


#: Between any two steps, so by hand: to make the statement took longer than to run it. The ledger shows a
#: tenant's role its own firings.
LOCK_AGAIN = """
SELECT state, closed, error, EXISTS (
    SELECT FROM public.agenda_firing
    WHERE id = %(firing)s AND slot_at = %(slot_at)s AND stop_requested_at IS NOT NULL
) FROM scheduling_run WHERE id = %(run)s FOR UPDATE
"""
#: One round trip for what a run wants to know before it begins.
LOOK = """
SELECT current_schemas(false), schedule.name, schedule.task, schedule.enabled, schedule.kwargs,
    brake.rule, brake.most
FROM (SELECT) AS one LEFT JOIN django_celery_beat_periodictask schedule ON schedule.id = %s
    LEFT JOIN scheduling_brake brake ON brake.periodic_task_id = schedule.id
"""
WRITTEN = (
    "periodic_task_id",
    "name",
    "task",
    "slot_at",
    "state",
    "trigger",
    "started_at",
    "examined",
    "closed",
    "retries",
    "error",
    "parameters",
)
WRITE = f"""
INSERT INTO scheduling_run ({", ".join(WRITTEN)})
VALUES ({", ".join(f"%({column})s" for column in WRITTEN)})
ON CONFLICT (periodic_task_id, slot_at) DO NOTHING RETURNING id
"""  # noqa: S608  # names of columns
