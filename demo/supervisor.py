"""Bring the demo up, keep it up until somebody stops it, take everything down."""

import os
import signal
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from demo.banner import banner
from demo.errors import DemoError
from demo.fleet import Fleet
from demo.memory import Memory
from demo.preparation import Preparation
from demo.programs import beats, servers
from saas.embedded import Services
from saas.embedded.command import children, end_leftovers
from saas.embedded.process import become_subreaper
from saas.embedded.state import CHECKOUT

WATCH_SECONDS = 0.5
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# What a person's shell may hold for another installation must not reach the demo.
FOREIGN = ("SECRET_KEY", "SECRET_KEY_FALLBACKS", "EMAIL_URL", "TRUSTED_PROXIES", "PYTHONPATH")


class Stopped(BaseException):
    """Somebody asked us to stop; not an Exception, so that nothing on the way swallows it."""


def run(port: int, state_dir: Path) -> None:
    """Return when the demo has been stopped and nothing of it is left."""
    require_free(port)
    become_subreaper()
    before = children()
    for number in STOP_SIGNALS:
        signal.signal(number, _raise_stopped)
    try:
        with Services(state_dir) as services:
            _serve(port, state_dir, services)
    except Stopped:
        print("\nStopped.", flush=True)
    finally:
        _ignore_stop_signals()
        end_leftovers(keep=before)


def _serve(port: int, state_dir: Path, services: Services) -> None:
    logs = state_dir / "logs"
    environment = demo_environment(services.environment, state_dir)
    with Fleet(logs, environment, CHECKOUT) as fleet:
        try:
            _bring_up(port, state_dir, fleet, environment)
            _watch(fleet, services)
        finally:
            # From here on everything is being stopped, each step with a deadline.
            _ignore_stop_signals()


def _bring_up(port: int, state_dir: Path, fleet: Fleet, environment: Mapping[str, str]) -> None:
    logs = state_dir / "logs"
    with Preparation(logs, environment, CHECKOUT) as preparation:
        fleet.start(servers(port, logs))
        preparation.wait_for("migrated")
        fleet.start(beats(logs))
        preparation.wait_for("seeded")
        fleet.wait_until_ready()
        schedules = preparation.schedules()
    print(banner(port, Memory(state_dir), schedules), flush=True)


def _watch(fleet: Fleet, services: Services) -> None:
    while not (ended := services.ended()):
        fleet.replace_ended()
        time.sleep(WATCH_SECONDS)
    raise DemoError(f"{ended} ended; everything is being stopped.")


def demo_environment(services: Mapping[str, str], state_dir: Path) -> dict[str, str]:
    """The variables of the demo's processes: plain HTTP on loopback, our own services."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in FOREIGN and not name.endswith("DATABASE_URL")
    }
    ours = {"DEBUG": "1", "HTTPS": "0", "BASE_DOMAIN": "localhost", "LOG_LEVEL": "INFO"}
    ours |= {"DJANGO_SETTINGS_MODULE": "saas.settings", "TENANTBEAT_STATE": str(state_dir)}
    addresses = {name: services[name] for name in ("DATABASE_URL", "CELERY_BROKER_URL")}
    return {**kept, **ours, **addresses}


def require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise DemoError(f"Port {port}: {error.strerror}. Try: make demo PORT=8001") from None


def _raise_stopped(number: int, frame: FrameType | None) -> None:
    _ignore_stop_signals()  # A second Ctrl-C must not interrupt the stopping.
    raise Stopped


def _ignore_stop_signals() -> None:
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
