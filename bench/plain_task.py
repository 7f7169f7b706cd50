"""What closing runs are compared with: a stock Celery app whose one task sends the same statements.

By psycopg2, with nothing around them: no signature, no proof, no model, no line of a log. The worker
is a stock one, with as many processes, and messages that are taken one by one and acknowledged late.
"""

import json
import os
from typing import Any

import psycopg2
from celery import Celery

QUEUE = "plain"

#: By name: the texts of ours, from whoever starts the worker, which knows nothing of Django.
STATEMENTS: dict[str, str] = json.loads(os.environ.get("PLAIN_STATEMENTS", "{}"))

app = Celery("plain", broker=os.environ["CELERY_BROKER_URL"], fixups=[], set_as_current=False)
app.conf.update(
    task_acks_late=True,
    task_ignore_result=True,
    task_default_queue=QUEUE,
    worker_prefetch_multiplier=1,
    task_reject_on_worker_lost=True,
    worker_enable_remote_control=False,
    broker_connection_retry_on_startup=True,
)
session: list[Any] = []


def connection() -> Any:
    if not session:
        session.append(psycopg2.connect(os.environ["PLAIN_DSN"]))
        session[0].autocommit = True
    return session[0]


@app.task(name="plain.close")  # type: ignore[untyped-decorator]  # Celery has no types
def close(given: dict[str, Any]) -> None:
    """Begin the firing, close the tenant's orders with its run, settle: three transactions."""
    with connection().cursor() as cursor:
        cursor.execute("DISCARD ALL")
        cursor.execute("SET ROLE NONE; SET search_path = public, pg_temp")
        cursor.execute(STATEMENTS["BEGIN"], given)
        cursor.fetchone()
        connection().autocommit = False
        cursor.execute(f"SET ROLE {given['role']}; SET search_path = {given['schema']}, pg_temp")
        cursor.execute(STATEMENTS["LOOK"], [given["periodic_task_id"]])
        cursor.execute(STATEMENTS["WRITE"], given)
        (run,) = cursor.fetchone()
        window = {"run": run, "at": "-infinity", "id": 0, "size": 1000}
        cursor.execute(STATEMENTS["CLOSE_FREE"], given | window)
        _, closed, *_ = cursor.fetchone()
        ended = {"run": run, "state": "succeeded", "examined": closed, "closed": closed}
        told = {"task": given["periodic_task_id"], "started_at": given["slot_at"]}
        cursor.execute(STATEMENTS["END_AND_TELL"], given | ended | told)
        connection().commit()
        connection().autocommit = True
        cursor.execute("SET ROLE NONE; SET search_path = public, pg_temp")
        settled = {"outcome": "succeeded", "error": "", "slot": given["slot_at"]}
        cursor.execute(STATEMENTS["SETTLE"], given | settled)
