"""Celery's settings: which queues a process knows, how messages travel, how long a task may take.

`scheduling/agenda/preconditions.py` says which of them promises rest on; without these, beat and
workers do not start.
"""

import socket
from typing import Any

from kombu import Exchange, Queue

#: Whatever the broker and the kind of process.
EVERYWHERE = {
    "CELERY_BEAT_SCHEDULER": "scheduling.agenda.beat:AgendaScheduler",
    "CELERY_BEAT_MAX_LOOP_INTERVAL": 1,  # seconds that beat waits when no NOTIFY wakes it
    "CELERY_TASK_DEFAULT_QUEUE": "celery",
    "CELERY_TASK_CREATE_MISSING_QUEUES": False,
    "CELERY_TASK_SERIALIZER": "json",
    "CELERY_ACCEPT_CONTENT": ["json"],
    "CELERY_TASK_IGNORE_RESULT": True,
    "CELERY_TASK_ACKS_LATE": True,
    "CELERY_TASK_REJECT_ON_WORKER_LOST": True,
    "CELERY_TASK_SOFT_TIME_LIMIT": 20 * 60,  # seconds
    # Below the visibility timeout of Redis, and below the half hour after which RabbitMQ takes
    # back a message. A longer one could be set per queue, but a queue that is there already
    # under other arguments, or is declared by an older process, is then refused by RabbitMQ.
    "CELERY_TASK_TIME_LIMIT": 25 * 60,  # seconds
    # Before and after so many tasks Celery closes the session, else at each: to log in takes longer
    # than a run. Our tasks give back what is broken or too old (scheduling/tasks.py).
    "CELERY_DB_REUSE_MAX": 1_000_000,
    "CELERY_WORKER_CONSUMER": "scheduling.agenda.intake:CarefulConsumer",
    "CELERY_WORKER_PREFETCH_MULTIPLIER": 1,
    # Its messages carry no signature of ours, and one of them stops a worker.
    "CELERY_WORKER_ENABLE_REMOTE_CONTROL": False,
    "CELERY_WORKER_HIJACK_ROOT_LOGGER": False,
    "CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP": True,
    "CELERY_BROKER_CONNECTION_MAX_RETRIES": None,  # for ever
    "CELERY_BROKER_CONNECTION_TIMEOUT": 4,  # seconds
    # Such as RabbitMQ's, when it takes back a message or a queue is deleted: connect once more.
    "CELERY_BROKER_CHANNEL_ERROR_RETRY": True,
    "CELERY_BROKER_HEARTBEAT": 6,  # seconds; RabbitMQ alone has it
}


def known(**options: int) -> dict[int, int]:
    """Return options of TCP by number, without those that this system does not know."""
    return {
        getattr(socket, name): value for name, value in options.items() if hasattr(socket, name)
    }


#: When a connection is dropped over which nothing comes any more, in seconds.
KEEPALIVE = known(TCP_KEEPIDLE=10, TCP_KEEPINTVL=5, TCP_KEEPCNT=2)
#: In milliseconds. py-amqp's own of one second breaks connections at a mere hiccup of the net.
UNANSWERED = known(TCP_USER_TIMEOUT=15_000)
RABBITMQ = {
    "CELERY_BROKER_TRANSPORT_OPTIONS": {
        "confirm_publish": True,
        # Of every answer, so that of the confirmation too: kombu waits for it without a limit.
        "read_timeout": 10,  # seconds
        "write_timeout": 10,
        "socket_settings": KEEPALIVE | UNANSWERED,
    }
}
REDIS = {
    "CELERY_BROKER_TRANSPORT_OPTIONS": {
        "visibility_timeout": 60 * 60,  # seconds
        "socket_timeout": 5,
        "socket_connect_timeout": 4,
        "socket_keepalive": True,
        "socket_keepalive_options": KEEPALIVE,
        "health_check_interval": 5,
        "global_keyprefix": "",
    },
}


def celery_settings(broker_url: str, process: str) -> dict[str, Any]:
    """Return the settings of one kind of process with one broker."""
    # A plain worker knows only the tenants' queue, so that it can never take the platform's work.
    names = ["celery"] if process == "worker" else ["celery", "platform"]
    queues = [Queue(name, Exchange(name), routing_key=name) for name in names]
    transport = RABBITMQ if broker_url.startswith("amqp") else REDIS
    return {**EVERYWHERE, **transport, "CELERY_TASK_QUEUES": queues}
