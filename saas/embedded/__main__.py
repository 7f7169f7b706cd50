"""`python -m saas.embedded -- COMMAND ARGUMENTS…`: run a command with services of its own.

It finds them in DATABASE_URL, SUPERUSER_DATABASE_URL and CELERY_BROKER_URL. They are empty at the
start, and gone with everything the command started when it has ended, whose exit code is ours.
"""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from saas.embedded.account import server_account
from saas.embedded.command import run
from saas.embedded.errors import ServiceError
from saas.embedded.place import temporary_folder
from saas.embedded.services import Services
from saas.embedded.state import State


def main(argv: Sequence[str] | None = None) -> int:
    arguments = _parser().parse_args(argv)
    # An exception, so that a signal that comes while services start stops them too.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        folder = temporary_folder(server_account())
    except ServiceError as error:
        return _refuse(error)
    try:
        return _run_with_services(arguments.command, folder)
    except ServiceError as error:
        return _refuse(error)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    finally:
        State(folder).discard()


def _run_with_services(command: Sequence[str], folder: Path) -> int:
    with Services(folder, durable=False) as services:
        # The command's other state, such as a secret key made once, is temporary too.
        state = {"TENANTBEAT_STATE": str(folder)}
        return run(command, {**os.environ, **state, **services.environment})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m saas.embedded", description=__doc__)
    parser.add_argument("command", nargs="+", help="the command, after --")
    return parser


def _refuse(error: ServiceError) -> int:
    print(f"tenantbeat: {error}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
