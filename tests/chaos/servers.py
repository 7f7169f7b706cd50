"""A Postgres and a broker of the experiment's own, that can be killed and come back where they were."""

from __future__ import annotations

import os
import random
import signal
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from saas.embedded.account import server_account
from saas.embedded.place import Place, temporary_folder
from saas.embedded.postgres import Postgres
from saas.embedded.process import stop
from saas.embedded.state import State
from saas.embedded.valkey import Valkey
from saas.processes import LOGIN_VARIABLES

#: Below those that the system gives to outgoing connections: nobody takes one while its server is down.
STEADY_PORTS = range(20_000, 32_000)
KILLED_SECONDS = 20.0
#: Set for another installation, they would have the product connect to that one.
FOREIGN = (*LOGIN_VARIABLES.values(), "SECRET_KEY", "SECRET_KEY_FALLBACKS", "EMAIL_URL")


class SteadyPort:
    """Keeps a server where it was first: each start asks for a free port, and gets the same."""

    @property
    def _port(self) -> int:
        if not hasattr(self, "steady_port"):
            self.steady_port = free_steady_port()
        return self.steady_port

    @_port.setter
    def _port(self, port: int) -> None:
        pass


class CrashingPostgres(SteadyPort, Postgres):
    """It keeps what it has confirmed: the write-ahead log is written at each commit, as in production.

    It is not forced to the disk. Processes die here, the machine does not; and a start after a
    crash would first have to force thousands of small files.
    """

    def spare_disk(self) -> None:
        with closing(psycopg2.connect(self.superuser_url)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("ALTER SYSTEM SET fsync = off")
                cursor.execute("SELECT pg_reload_conf()")

    def crash(self) -> None:
        """Stop in immediate mode: no checkpoint, every session lost; recovery at the next start."""
        if self._child:
            stop(self._child, (signal.SIGQUIT, KILLED_SECONDS))

    def come_back(self) -> None:
        self.start()
        self.wait()


class CrashingBroker(SteadyPort, Valkey):
    """It saves nothing, so that it comes back empty."""

    def crash(self) -> None:
        if self._child:
            stop(self._child)

    def come_back(self) -> None:
        self.start()
        self.wait()


@dataclass(frozen=True)
class Servers:
    postgres: CrashingPostgres
    broker: CrashingBroker

    @property
    def environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.postgres.application_url,
            "SUPERUSER_DATABASE_URL": self.postgres.superuser_url,
            "CELERY_BROKER_URL": self.broker.url,
        }


@contextmanager
def own_servers() -> Iterator[tuple[Servers, Path]]:
    """Both servers, named in the environment for the block, and a folder that is gone after it."""
    account = server_account()
    state = State(temporary_folder(account))
    state.acquire()
    try:
        place = Place(state, account)
        servers = Servers(
            CrashingPostgres(state, place, account, durable=True),
            CrashingBroker(state, place, account),
        )
        try:
            servers.postgres.come_back()
            servers.postgres.spare_disk()
            servers.broker.come_back()
            with environment(servers.environment):
                yield servers, state.folder
        finally:
            # At once: nothing of theirs is needed any more.
            servers.broker.crash()
            servers.postgres.crash()
    finally:
        state.release()
        state.discard()


@contextmanager
def environment(ours: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    for name in FOREIGN:
        os.environ.pop(name, None)
    os.environ.update(ours)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def free_steady_port() -> int:
    while True:
        port = random.choice(STEADY_PORTS)  # noqa: S311 - a port, no secret
        with closing(socket.socket()) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
