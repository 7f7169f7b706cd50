"""Celery's settings: which queues a process knows, how messages travel, how long a task may take."""

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
    "CELERY_TASK_SOFT_TIME_LIMIT": 25 * 60,  # seconds
    "CELERY_TASK_TIME_LIMIT": 30 * 60,  # seconds, below the visibility timeout
    "CELERY_WORKER_CONSUMER": "scheduling.agenda.intake:CarefulConsumer",
    "CELERY_WORKER_PREFETCH_MULTIPLIER": 1,
    "CELERY_WORKER_HIJACK_ROOT_LOGGER": False,
    "CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP": True,
    "CELERY_BROKER_CONNECTION_MAX_RETRIES": None,  # for ever
    "CELERY_BROKER_CONNECTION_TIMEOUT": 4,  # seconds
}
RABBITMQ = {"CELERY_BROKER_TRANSPORT_OPTIONS": {"confirm_publish": True}}
REDIS = {
    "CELERY_BROKER_TRANSPORT_OPTIONS": {
        "visibility_timeout": 60 * 60,  # seconds
        "socket_timeout": 30,
        "socket_connect_timeout": 4,
        "socket_keepalive": True,
        "health_check_interval": 10,
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
