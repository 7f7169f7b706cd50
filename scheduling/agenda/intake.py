"""What a worker takes from the broker: messages that we signed, and of them only what we put there.

Celery's main process ends, and so does the next one's, on a header that it does not expect: of what
somebody else wrote nothing may reach it. Used by settings as `CELERY_WORKER_CONSUMER`.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from celery.worker.consumer import Consumer
from kombu import Connection, Message

from scheduling.agenda.refusal import log_refusal
from scheduling.agenda.signature import HEADER, is_genuine

logger = structlog.get_logger(__name__)

#: Headers that are ours or tell nothing to do. Time limits, expiry, retries and stamps are the
#: platform's settings and never come with a message.
OURS = ("lang", "task", "id", "root_id", "_schema_name", "ignore_result", HEADER)
NO_LIMITS = [None, None]
#: No talk between workers, for nobody signs it: an event that is a list ends whoever hears it, and
#: a forged reply has a worker take messages for revoked.
SILENT = {"without_gossip": True, "without_mingle": True, "without_heartbeat": True}
#: Between attempts to reach the broker, in seconds. kombu's own pauses grow to half a minute.
PAUSES = {"interval_start": 0.5, "interval_step": 0.5, "interval_max": 4}


class CarefulConsumer(Consumer):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options | SILENT)

    def ensure_connected(self, conn: Connection) -> Connection:
        conn.ensure_connection = partial(conn.ensure_connection, **PAUSES)
        return super().ensure_connected(conn)

    def create_task_handler(self, *args: Any, **kwargs: Any) -> Callable[[Message], None]:
        receive = super().create_task_handler(*args, **kwargs)

        def receive_if_ours(message: Message) -> None:
            reason = reason_to_refuse(message)
            if reason:
                log_refusal(reason, content=message.headers)
                message.reject_log_error(logger, self.connection_errors)
            else:
                message.headers = without_orders(message.headers)
                receive(message)

        return receive_if_ours


def reason_to_refuse(message: Message) -> str:
    """Return what is wrong with a message, "" if it is ours. Nothing that it holds makes it raise."""
    try:
        return what_is_wrong(dict(message.headers), *message.decode())
    except Exception as error:  # whatever kombu, JSON or the shape of it says
        return f"malformed: {type(error).__name__}"


def what_is_wrong(headers: dict[str, Any], args: Any, kwargs: Any, embedded: Any) -> str:
    task, message_id = headers.get("task"), headers.get("id")
    if not isinstance(task, str) or not isinstance(message_id, str):
        return "no task or no id"
    if not is_genuine(headers.get(HEADER), task, message_id, args, kwargs):
        return "the signature is not ours"
    # Callbacks and chains would be sent, and signed, by the worker itself; we use none.
    return "it carries other messages" if any(dict(embedded or {}).values()) else ""


def without_orders(headers: dict[str, Any]) -> dict[str, Any]:
    """Return the headers that count; a genuine message may have been sent again with others."""
    kept = {name: headers[name] for name in OURS if name in headers}
    return kept | {"timelimit": NO_LIMITS, "expires": None, "eta": None, "retries": 0}
