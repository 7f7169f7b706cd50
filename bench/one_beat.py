"""`python -m bench.one_beat INSTANT`: one beat process that works off what is due at an instant.

It says `ready`, waits for the instant on the database's clock, works until nothing is left, and says
in JSON when it began, when it ended and how much of a core it took. Run with `--profile FILE`, it
leaves there what cProfile saw.
"""

from __future__ import annotations

import cProfile
import json
import os
import sys
import time
from datetime import datetime
from pathlib import Path

from bench import environment  # noqa: F401  # isort: skip  # before anything asks for settings
from django.conf import settings
from django.db import connections, transaction

from bench.sessions import session_of
from saas.celery import app
from scheduling.agenda.beat import beat, spare_garbage_collection
from scheduling.agenda.clock import database_now
from scheduling.agenda.desk import Desk
from scheduling.agenda.dispatch import Publisher
from scheduling.agenda.outgoing import lock_outgoing, mark_published
from scheduling.agenda.outlook import look_out
from scheduling.agenda.planning import plan_due

#: More than a tenant has slots here: who has how many in flight is not what is measured.
IN_FLIGHT = 1_000_000
FEW = 100
#: Slots that are due at once, of schedules that are not there.
COPY = """
INSERT INTO agenda_dueslot (tenant_id, periodic_task_id, name, task, queue, cadence, chosen,
    one_off, fingerprint, due_at, problem, is_stale)
SELECT tenant_id, periodic_task_id + 1000000000, name, task, queue, cadence, chosen,
    one_off, fingerprint, clock_timestamp(), problem, is_stale
FROM agenda_dueslot LIMIT %s
"""


def main() -> None:
    due_at = datetime.fromisoformat(sys.argv[1])
    settings.FIRINGS_IN_FLIGHT_MAXIMUM = IN_FLIGHT
    connections["default"] = session_of("beat")
    app.finalize()
    app.loader.import_default_modules()
    publisher = Publisher(app)
    # As a beat that has been running: it has had its first look, and has planned and published.
    beat(publisher, look_out())
    warm_up(publisher)
    spare_garbage_collection()
    print("ready", flush=True)
    time.sleep(max(0.0, (due_at - database_now()).total_seconds()))
    print(json.dumps(profiled(publisher, *sys.argv[2:]) | {"due_at": sys.argv[1]}), flush=True)


def warm_up(publisher: Publisher) -> None:
    """Plan and publish a few slots, and undo it: Postgres and Python have then done it once."""
    with transaction.atomic():
        with connections["default"].cursor() as cursor:
            cursor.execute(COPY, [FEW])
        plan_due(database_now(), FEW)
        planned = lock_outgoing(database_now(), FEW)
        mark_published(planned)
        desk = Desk(app, publisher.connected())
        desk.pile(planned[0].message_task, planned[0].queue)
        transaction.set_rollback(True)


def profiled(publisher: Publisher, flag: str = "", path: str = "") -> dict[str, float]:
    if flag != "--profile":
        return work_off(publisher)
    profile = cProfile.Profile(time.process_time)
    found = profile.runcall(work_off, publisher)
    profile.dump_stats(path)
    return found


def work_off(publisher: Publisher) -> dict[str, float]:
    """Beat until nothing is left; return when that was (seconds since 1970) and the CPU seconds."""
    began, busy, served = database_now(), time.process_time(), server_seconds()
    while beat(publisher, look_out()):
        pass
    return {
        "began": began.timestamp(),
        "ended": database_now().timestamp(),
        "beat_cpu_seconds": time.process_time() - busy,
        "postgres_cpu_seconds": server_seconds() - served,
    }


def server_seconds() -> float:
    """Return what our session's process of Postgres has had of a core; 0 where that cannot be seen."""
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        path = Path(f"/proc/{cursor.fetchone()[0]}/stat")
    if not path.exists():
        return 0.0
    user, system = path.read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
