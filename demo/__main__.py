"""`python -m demo [--port N]` runs the demo; `python -m demo reset` deletes its data."""

import argparse
import sys

from demo.claim import Claim
from demo.errors import DemoError
from demo.supervisor import run
from saas.embedded import ServiceError, discard, state_dir


def main() -> int:
    arguments = _parser().parse_args()
    try:
        if arguments.action == "reset":
            reset()
        else:
            start(arguments.port)
    except (DemoError, ServiceError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def start(port: int) -> None:
    folder = state_dir()
    with Claim(folder, f"http://localhost:{port}/"):
        print("Starting Tenantbeat: Postgres, Valkey, web, workers, two beats…", flush=True)
        run(port, folder)


def reset() -> None:
    folder = state_dir()
    with Claim(folder, "nowhere, its data are being deleted"):
        discard(folder)
    print("The demo's data are gone. `make demo` makes new ones.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("action", nargs="?", choices=("start", "reset"), default="start")
    parser.add_argument("--port", type=_port, default=8000, help="on 127.0.0.1 (default 8000)")
    return parser


def _port(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text} is not a port: 1 to 65535")


if __name__ == "__main__":
    sys.exit(main())
