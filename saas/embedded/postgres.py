"""PostgreSQL as our child, with passwords for every login and an application login that owns."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from saas.embedded.account import Account
from saas.embedded.errors import ServiceError
from saas.embedded.place import POSTGRES_MAJOR, Place
from saas.embedded.process import ENVIRONMENT, free_port, spawn, stop, tail
from saas.embedded.state import State

SUPERUSER = "postgres"
APPLICATION = "tenantbeat"
MAX_CONNECTIONS = 200
ATTEMPTS = 3
# Recovery after a power cut on a slow disk is what takes long.
START_SECONDS = 90.0
FAST_STOP_SECONDS = 15.0
IMMEDIATE_STOP_SECONDS = 5.0
FOREVER_LOST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class Postgres:
    """One cluster. `durable=False` is for tests: faster, and lost when the machine stops."""

    def __init__(self, state: State, place: Place, account: Account | None, durable: bool) -> None:
        self._programs = place.postgres_programs()
        self._data = place.postgres_data()
        self._log = state.logs / "postgres.log"
        self._account = account
        self._durable = durable
        self._passwords = {name: state.password(name) for name in (SUPERUSER, APPLICATION)}
        self._child: subprocess.Popen[bytes] | None = None
        self._port = 0

    @property
    def application_url(self) -> str:
        return self._url(APPLICATION, APPLICATION)

    @property
    def superuser_url(self) -> str:
        return self._url(SUPERUSER, "postgres")

    def _url(self, login: str, database: str) -> str:
        return f"postgres://{login}:{self._passwords[login]}@127.0.0.1:{self._port}/{database}"

    def start(self) -> None:
        """Make the cluster if it is not there, and start the server without waiting for it."""
        if not self._data.exists():
            self._initialise()
        self._check_version()
        _end_orphan(self._data)
        self._launch()

    def wait(self) -> None:
        """Return when the application can log in, or raise with the end of the server's log."""
        deadline = time.monotonic() + START_SECONDS
        attempts = 1
        while (connection := self._connect()) is None:
            if self.has_ended() and attempts < ATTEMPTS:
                # The port was taken in between, or the memory of a killed server is still held.
                attempts += 1
                time.sleep(0.5)
                self._launch()
            elif self.has_ended() or time.monotonic() > deadline:
                raise ServiceError(f"PostgreSQL did not start:\n{tail(self._log)}")
            time.sleep(0.05)
        with contextlib.closing(connection):
            self._make_application(connection)

    def stop(self) -> None:
        if self._child is not None:
            stop(
                self._child,
                (signal.SIGINT, FAST_STOP_SECONDS),
                (signal.SIGQUIT, IMMEDIATE_STOP_SECONDS),
            )

    def has_ended(self) -> bool:
        return self._child is None or self._child.poll() is not None

    def _initialise(self) -> None:
        """Run initdb beside the final place and move the result there, so that half is nothing."""
        workshop = self._data.with_suffix(".unfinished")
        shutil.rmtree(workshop, ignore_errors=True)
        workshop.mkdir(mode=0o700)
        password = workshop / "password"
        password.touch(mode=0o600)
        password.write_text(self._passwords[SUPERUSER])
        if self._account is not None:
            self._account.own(password)
            self._account.own(workshop)
        self._initdb(workshop / "data", password)
        (workshop / "data").rename(self._data)
        shutil.rmtree(workshop)

    def _initdb(self, data: Path, password: Path) -> None:
        argv: list[str | Path] = [
            self._programs / "initdb",
            f"--pgdata={data}",
            f"--username={SUPERUSER}",
        ]
        argv += [f"--pwfile={password}", "--auth=scram-sha-256", "--encoding=UTF8"]
        argv += ["--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions", "--no-sync"]
        done = subprocess.run(  # noqa: S603 - a program of ours
            argv,
            cwd="/",
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            **(self._account.popen if self._account else {}),
        )
        if done.returncode != 0:
            raise ServiceError(f"initdb failed:\n{done.stderr.strip()}")

    def _check_version(self) -> None:
        major = (self._data / "PG_VERSION").read_text().strip()
        if major != str(POSTGRES_MAJOR):
            raise ServiceError(
                f"{self._data} was made by PostgreSQL {major}, this is {POSTGRES_MAJOR}: "
                "make demo-reset starts over"
            )

    def _launch(self) -> None:
        self._port = free_port()
        settings = [f"port={self._port}", "listen_addresses=127.0.0.1", "timezone=UTC"]
        # No unix socket: its path is limited to 107 bytes, and a checkout may lie deeper.
        settings += ["unix_socket_directories=", f"max_connections={MAX_CONNECTIONS}"]
        settings += [] if self._durable else FOREVER_LOST
        argv: list[str | Path] = [self._programs / "postgres", "-D", self._data]
        for setting in settings:
            argv += ["-c", setting]
        self._child = spawn(argv, log=self._log, death_signal=signal.SIGINT, account=self._account)

    def _connect(self) -> Connection | None:
        try:
            return psycopg2.connect(self.superuser_url, connect_timeout=5, sslmode="disable")
        except psycopg2.OperationalError:
            return None

    def _make_application(self, connection: Connection) -> None:
        """Make the application's login and its database, each unless it is there already."""
        connection.autocommit = True
        name = sql.Identifier(APPLICATION)
        password = sql.Literal(self._passwords[APPLICATION])
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [APPLICATION])
            if cursor.fetchone() is None:
                statement = "CREATE ROLE {} LOGIN CREATEROLE PASSWORD {}"
                cursor.execute(sql.SQL(statement).format(name, password))
            cursor.execute("SELECT FROM pg_database WHERE datname = %s", [APPLICATION])
            if cursor.fetchone() is None:
                cursor.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, name))


def _end_orphan(data: Path) -> None:
    """End a server that its supervisor, killed, left on our data: we hold the lock, so it is ours.

    Its process id alone proves nothing (it may belong to another program by now); a server works
    inside its data folder, and where that cannot be seen PostgreSQL itself refuses to start twice.
    """
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
        while os.readlink(f"/proc/{pid}/cwd") == str(data.resolve()):
            os.kill(pid, signal.SIGINT)
            time.sleep(0.2)
    except (OSError, ValueError):
        return
