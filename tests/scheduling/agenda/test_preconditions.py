"""Settings without which beat and workers do not start."""

import pytest
from celery import current_app

from saas.messaging import RABBITMQ, REDIS, celery_settings
from scheduling.agenda.checks import promises_can_be_kept
from scheduling.agenda.preconditions import CONSUMER_TIMEOUT, broken_preconditions

BROKERS = ["redis://h/0", "rediss://h/0", "amqp://h//", "amqps://h//"]
BROKEN = {
    "task_acks_late": False,
    "task_reject_on_worker_lost": False,
    "task_always_eager": True,
    "worker_prefetch_multiplier": 4,
    "worker_pool": "threads",
    "worker_enable_remote_control": True,
    "worker_consumer": "celery.worker.consumer:Consumer",
    "beat_scheduler": "django_celery_beat.schedulers:DatabaseScheduler",
    "task_serializer": "pickle",
    "accept_content": ["json", "pickle"],
    "task_protocol": 1,
    "result_backend": "redis://h/1",
    "task_ignore_result": False,
    "task_create_missing_queues": True,
    "broker_connection_retry": False,
    "broker_connection_retry_on_startup": False,
    "broker_connection_max_retries": 100,
    "broker_channel_error_retry": False,
    "broker_connection_timeout": 60,
    "task_time_limit": 3600,
    "task_soft_time_limit": 25 * 60,
}


def settings_of(url, **changes):
    found = celery_settings(url, "worker")
    settings = {name.removeprefix("CELERY_").lower(): value for name, value in found.items()}
    return settings | {"broker_read_url": url, "broker_write_url": url} | changes


@pytest.mark.parametrize("url", BROKERS)
def test_our_own_settings_keep_every_promise(url):
    assert broken_preconditions(current_app, settings_of(url)) == []


@pytest.mark.parametrize(("setting", "value"), BROKEN.items(), ids=BROKEN)
def test_a_broken_setting_is_told_in_one_line(setting, value):
    (problem,) = broken_preconditions(current_app, settings_of("amqp://h//", **{setting: value}))

    assert problem.startswith(f"CELERY_{setting.upper()} is {value!r}, but must be ")
    assert "\n" not in problem


@pytest.mark.parametrize(
    ("url", "options", "option"),
    [("redis://h/0", REDIS, name) for name in REDIS["CELERY_BROKER_TRANSPORT_OPTIONS"]]
    + [("amqp://h//", RABBITMQ, name) for name in RABBITMQ["CELERY_BROKER_TRANSPORT_OPTIONS"]],
)
def test_an_option_of_the_connection_that_is_missing_is_told(url, options, option):
    left = {**options["CELERY_BROKER_TRANSPORT_OPTIONS"]}
    del left[option]

    problems = broken_preconditions(current_app, settings_of(url, broker_transport_options=left))

    expected = {"visibility_timeout": "CELERY_TASK_TIME_LIMIT is 1500"}
    start = expected.get(option, f"CELERY_BROKER_TRANSPORT_OPTIONS['{option}'] is None")
    harmless = option in {"global_keyprefix", "socket_keepalive_options", "socket_settings"}
    assert [problem.startswith(start) for problem in problems] == ([] if harmless else [True])


def test_a_heartbeat_is_demanded_of_rabbitmq_alone():
    mute = {"broker_heartbeat": 120}

    assert broken_preconditions(current_app, settings_of("redis://h/0", **mute)) == []
    (problem,) = broken_preconditions(current_app, settings_of("amqp://h//", **mute))
    assert problem.startswith("CELERY_BROKER_HEARTBEAT is 120")


def test_a_task_ends_before_rabbitmq_takes_its_message_back():
    limit = settings_of("amqp://h//")["task_time_limit"]
    longer = settings_of("amqp://h//", task_time_limit=CONSUMER_TIMEOUT)

    assert limit < CONSUMER_TIMEOUT
    assert len(broken_preconditions(current_app, longer)) == 1


@pytest.mark.parametrize("limit", [None, 0, True, -1])
def test_no_limit_at_all_is_told(limit):
    given = settings_of("redis://h/0", task_time_limit=limit)
    given["broker_transport_options"] = {
        **given["broker_transport_options"],
        "socket_timeout": limit,
    }

    problems = broken_preconditions(current_app, given)

    told = [problem.partition(" ")[0] for problem in problems]
    assert "CELERY_BROKER_TRANSPORT_OPTIONS['socket_timeout']" in told
    # Of the command line, None means that nothing was said there.
    assert ("CELERY_TASK_TIME_LIMIT" in told) == (limit is not None)


@pytest.mark.parametrize(
    "urls", ["sqs://", "memory://", "redis://h;sqs://x", ["amqp://h", "py://"]]
)
def test_another_kind_of_broker_is_told(urls):
    problems = broken_preconditions(current_app, settings_of("redis://h/0", broker_read_url=urls))

    assert any(problem.startswith("CELERY_BROKER_URL is for ") for problem in problems)


def test_a_task_that_has_settings_of_its_own_is_told(monkeypatch):
    task = current_app.tasks["orders.tasks.auto_close_old_orders"]
    for option, value in {"acks_late": False, "time_limit": 7200, "soft_time_limit": 60}.items():
        monkeypatch.setattr(task, option, value, raising=False)

    assert broken_preconditions(current_app) == [
        f"{task.name}: acks_late differs from CELERY_TASK_ACKS_LATE",
        f"{task.name}: time_limit is above CELERY_TASK_TIME_LIMIT",
    ]


def test_the_deployment_check_reports_what_is_broken(monkeypatch):
    assert promises_can_be_kept() == []

    monkeypatch.setenv("CELERY_RESULT_BACKEND", "redis://h/1")

    assert [error.id for error in promises_can_be_kept()] == ["agenda.E001"]
