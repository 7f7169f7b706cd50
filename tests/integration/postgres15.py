"""Debian's PostgreSQL 15, the oldest that is supported, as a temporary cluster of the tests' own."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2

from tests.integration.stack import free_port

START_SECONDS = 30
PROGRAMS = Path("/usr/lib/postgresql/15/bin")


def program() -> str | None:
    """Return the path of the server, or None where it is not installed."""
    return shutil.which("postgres", path=str(PROGRAMS))


class Postgres15:
    """Started as whoever runs the tests, or as the user postgres for root, whom it refuses."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self.environment = os.environ | (environment or {})
        self.folder = Path(tempfile.mkdtemp(prefix="postgres15-"))
        self.port = free_port()
        self.password = secrets.token_hex(16)
        self.account: dict[str, Any] = {}
        if os.getuid() == 0:
            entry = pwd.getpwnam("postgres")
            self.account = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)

    def url(self, login: str, database: str) -> str:
        return f"postgres://{login}:{self.password}@127.0.0.1:{self.port}/{database}"

    def __enter__(self) -> Postgres15:
        password = self.folder / "password"
        password.write_text(self.password)
        password.chmod(0o644)
        data = self.folder / "data"
        options = [f"--pgdata={data}", f"--pwfile={password}", "--username=postgres", "--no-sync"]
        self.run(PROGRAMS / "initdb", *options, "--auth=scram-sha-256", "--encoding=UTF8")
        settings = [f"port={self.port}", "listen_addresses=127.0.0.1", "unix_socket_directories="]
        switches = [switch for setting in [*settings, "fsync=off"] for switch in ("-c", setting)]
        self.process = subprocess.Popen(
            [PROGRAMS / "postgres", "-D", data, *switches],
            cwd="/",
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **self.account,
        )
        self.make_application()
        return self

    def run(self, *command: Any) -> None:
        subprocess.run(command, cwd="/", check=True, capture_output=True, **self.account)

    def make_application(self) -> None:
        """Wait for the server, then make the login that the application owns its database with."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                session = psycopg2.connect(self.url("postgres", "postgres"))
                break
            except psycopg2.OperationalError:
                assert time.monotonic() < deadline, "PostgreSQL 15 did not start"
                time.sleep(0.1)
        with closing(session), session.cursor() as cursor:
            session.autocommit = True
            cursor.execute("CREATE ROLE tenantbeat LOGIN CREATEROLE PASSWORD %s", [self.password])
            cursor.execute("CREATE DATABASE tenantbeat OWNER tenantbeat")

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(START_SECONDS)
        shutil.rmtree(self.folder)
