"""What kind of process this is, which decides the database login and the timeouts it uses."""

import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

#: Environment variable that names the narrower login of each kind of process.
LOGIN_VARIABLES = {
    "web": "WEB_DATABASE_URL",
    "worker": "WORKER_DATABASE_URL",
    "beat": "BEAT_DATABASE_URL",
    "platform": "PLATFORM_DATABASE_URL",
    "owner": "DATABASE_URL",
}
#: What Postgres is told of each kind of process. The longest statement, wait for a lock and idle
#: transaction, so that nobody holds up others for long; commands and migrations take the time they
#: need.
SESSION_SETTINGS = {
    "web": {
        "statement_timeout": "15s",
        "lock_timeout": "5s",
        "idle_in_transaction_session_timeout": "30s",
    },
    # A batch is short; what is long takes many. Who waits for a lock keeps other tenants waiting.
    "worker": {
        "statement_timeout": "60s",
        "lock_timeout": "3s",
        "idle_in_transaction_session_timeout": "60s",
    },
    "beat": {
        # A beat that is frozen in a transaction gives the slots it claimed back to the others.
        "idle_in_transaction_session_timeout": "15s",
        # An index serves each of its statements. What Postgres knows of a new day's ledger at
        # midnight is that it is empty, and it would read and sort all of it for each batch.
        "enable_seqscan": "off",
        "enable_bitmapscan": "off",
        "enable_sort": "off",
        # What cannot do without is so dear by Postgres' reckoning, up to 17, that it would compile it.
        "jit": "off",
    },
    "owner": {},
}


def kind_of_process(argv: Sequence[str] = ()) -> str:
    """Return "web", "worker", "beat" or "owner" for the command line `argv` (default: this process's).

    A worker of the queue `platform` provisions and migrates, so it is an owner, as are the commands.
    """
    argv = argv or sys.argv
    program = program_of(argv[0])
    if program == "gunicorn":
        return "web"
    if program == "celery" and is_command(argv, "beat"):
        return "beat"
    if program == "celery" and is_command(argv, "worker"):
        return "owner" if "platform" in queues_of(argv) else "worker"
    return "owner"


def is_command(argv: Sequence[str], command: str) -> bool:
    """Whether a word is there that is not the value of an option before it, as in `-n beat`."""
    pairs = pairwise(argv)
    return any(word == command and not before.startswith("-") for before, word in pairs)


def program_of(path: str) -> str:
    """Return the program's name, also when it was started as `python -m NAME`."""
    script = Path(path)
    return script.parent.name if script.name == "__main__.py" else script.name


def queues_of(argv: Sequence[str]) -> list[str]:
    """Return the queues that a `celery worker` command line names with -Q or --queues."""
    named: list[str] = []
    for flag, value in zip(argv, [*argv[1:], ""], strict=True):
        if flag in {"-Q", "--queues"}:
            named += value.split(",")
        elif flag.startswith("--queues="):
            named += flag.partition("=")[2].split(",")
        elif flag.startswith("-Q") and flag != "-Q":
            named += flag[2:].split(",")
    return named
