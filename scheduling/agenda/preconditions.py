"""What Celery's settings must say for our promises to hold, whoever overrode them and where.

`start.py` asks before beat or a worker does anything, and `manage.py check --deploy` reports it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from celery import Celery

BROKERS = ("redis", "rediss", "amqp", "amqps")
#: RabbitMQ closes a channel whose message is not acknowledged for so long, unless its own
#: configuration says otherwise. A client cannot ask what it says.
CONSUMER_TIMEOUT = 30 * 60  # seconds
#: What of a message's time at a worker goes by before its task begins and after it has ended.
MARGIN = 60  # seconds
#: A few such waits, one after the other, must fit into the 30 s in which work is to go on again.
LONGEST_WAIT = 10  # seconds

#: Reads one setting, wherever it is overridden.
Read = Callable[[str], Any]


@dataclass(frozen=True)
class Rule:
    setting: str
    holds: Callable[[Any], bool]
    demand: str
    reason: str

    def problem(self, read: Read) -> str:
        """Return in one line what is wrong, "" if nothing is."""
        value = read(self.setting)
        if self.holds(value):
            return ""
        return f"{spelled(self.setting)} is {value!r}, but must be {self.demand}: {self.reason}"


def exactly(setting: str, value: Any, reason: str) -> Rule:
    # With its type, for 0 and False, or 1 and True, are the same to ==.
    holds = lambda found: found == value and type(found) is type(value)  # noqa: E731
    return Rule(setting, holds, repr(value), reason)


def at_most(setting: str, most: float, reason: str) -> Rule:
    return Rule(
        setting, lambda found: is_within(found, most), f"above 0 and at most {most}", reason
    )


def is_within(found: Any, most: float) -> bool:
    """Whether it is a number in these bounds; None and 0 are no limit at all."""
    return isinstance(found, int | float) and found is not True and 0 < found <= most


RULES = (
    exactly("task_acks_late", True, "a run that dies with its worker would be lost"),
    exactly("task_reject_on_worker_lost", True, "a run whose process is killed would be lost"),
    exactly("task_always_eager", False, "tasks would run where they are sent from"),
    exactly("worker_prefetch_multiplier", 1, "messages would wait at a busy worker"),
    exactly("worker_pool", "prefork", "no other pool ends a task at its time limit"),
    exactly("worker_enable_remote_control", False, "whoever reaches the broker could stop workers"),
    exactly("worker_consumer", "scheduling.agenda.intake:CarefulConsumer", "poison would end it"),
    exactly("beat_scheduler", "scheduling.agenda.beat:AgendaScheduler", "no other fires slots"),
    exactly("task_serializer", "json", "messages carry data, never code"),
    exactly("accept_content", ["json"], "messages carry data, never code"),
    exactly("task_protocol", 2, "the signature travels in a header"),
    exactly("result_backend", None, "the ledger is the record, and a second one could fail a run"),
    exactly("task_ignore_result", True, "the ledger is the record"),
    exactly("task_create_missing_queues", False, "a misspelled queue would swallow messages"),
    exactly("broker_connection_retry", True, "workers would end when the broker goes away"),
    exactly("broker_connection_retry_on_startup", True, "workers would end without a broker"),
    exactly("broker_connection_max_retries", None, "workers would give up in a long outage"),
    exactly("broker_channel_error_retry", True, "an error that the broker reports would end them"),
    at_most("broker_connection_timeout", LONGEST_WAIT, "connecting to a mute broker would hang"),
)
#: Of the broker's transport options, the first for Redis and Valkey, the second for RabbitMQ.
REDIS_RULES = (
    at_most("socket_timeout", LONGEST_WAIT, "asking a frozen broker would hang"),
    at_most("socket_connect_timeout", LONGEST_WAIT, "connecting to a mute broker would hang"),
    at_most("health_check_interval", LONGEST_WAIT, "a dead connection would go unnoticed"),
    exactly("socket_keepalive", True, "a connection that was cut silently would look alive"),
)
RABBITMQ_RULES = (
    exactly("confirm_publish", True, "a message that the broker lost would count as published"),
    at_most("read_timeout", LONGEST_WAIT, "publishing to a frozen broker would hang"),
    at_most("write_timeout", LONGEST_WAIT, "publishing to a frozen broker would hang"),
)
HEARTBEAT = at_most("broker_heartbeat", LONGEST_WAIT, "a dead connection would go unnoticed")


def broken_preconditions(app: Celery, given: Mapping[str, Any] | None = None) -> list[str]:
    """Return a line for each that is not met; `given` are settings from the command line."""

    def read(name: str) -> Any:
        found = (given or {}).get(name)
        return getattr(app.conf, name) if found is None else found

    found = (*settings_problems(read), *time_limit_problems(read), *task_problems(app))
    return [problem for problem in found if problem]


def settings_problems(read: Read) -> Iterator[str]:
    yield from (rule.problem(read) for rule in RULES)
    options = read("broker_transport_options")
    for scheme in schemes_of(read):
        if scheme not in BROKERS:
            yield f"CELERY_BROKER_URL is for '{scheme}', but must be for one of {BROKERS}"
        elif scheme.startswith("amqp"):
            yield HEARTBEAT.problem(read)
            yield from (in_options(rule.problem(options.get)) for rule in RABBITMQ_RULES)
        else:
            yield from (in_options(rule.problem(options.get)) for rule in REDIS_RULES)


def schemes_of(read: Read) -> list[str]:
    """Return the kinds of broker there are: one, unless reading and writing differ or some stand by."""
    urls = [read("broker_read_url"), read("broker_write_url")]
    parts = [part for url in urls for part in (url.split(";") if isinstance(url, str) else url)]
    return sorted({part.partition("://")[0] for part in parts})


def time_limit_problems(read: Read) -> Iterator[str]:
    """A message must not come a second time, to another worker, while its task may still run."""
    longest = longest_run(read) - MARGIN
    hard = at_most("task_time_limit", longest, "the broker would deliver its message once more")
    yield hard.problem(read)
    if is_within(read("task_time_limit"), longest):
        before = read("task_time_limit") - 1
        yield at_most("task_soft_time_limit", before, "a task could not end well").problem(read)


def longest_run(read: Read) -> float:
    """Return after how many seconds a broker takes an unacknowledged message for lost."""
    if any(scheme.startswith("amqp") for scheme in schemes_of(read)):
        return CONSUMER_TIMEOUT
    return read("broker_transport_options").get("visibility_timeout") or 0


def task_problems(app: Celery) -> Iterator[str]:
    """A task's own options, in its decorator or by annotations, win over the settings."""
    app.loader.import_default_modules()
    for name, task in sorted(app.tasks.items()):
        if not name.startswith("celery."):
            yield from (f"{name}: {problem}" for problem in options_problems(task, app.conf))


def options_problems(task: Any, conf: Any) -> Iterator[str]:
    for option in ("acks_late", "reject_on_worker_lost", "serializer", "ignore_result"):
        if getattr(task, option) != getattr(conf, f"task_{option}"):
            yield f"{option} differs from {spelled(f'task_{option}')}"
    for option in ("time_limit", "soft_time_limit"):
        own, common = getattr(task, option), getattr(conf, f"task_{option}")
        if own not in (None, common) and not is_within(own, common or 0):
            yield f"{option} is above {spelled(f'task_{option}')}"


def spelled(setting: str) -> str:
    return f"CELERY_{setting.upper()}"


def in_options(problem: str) -> str:
    """Return a transport option's problem with its name as settings spell it."""
    name, _, rest = problem.removeprefix("CELERY_").partition(" ")
    return problem and f"CELERY_BROKER_TRANSPORT_OPTIONS['{name.lower()}'] {rest}"
