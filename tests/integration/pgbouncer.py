"""Debian's PgBouncer between us and the tests' Postgres."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2

from tests.integration.stack import free_port

START_SECONDS = 10


def program() -> str | None:
    """Return its path, or None where it is not installed."""
    return shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")


class PgBouncer:
    """Lets in whoever comes, as the login of `url`. Run as somebody else by root, whom it refuses."""

    def __init__(self, url: str, pool_mode: str) -> None:
        self.behind, self.port = urlsplit(url), free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="pgbouncer-"))
        self.folder.chmod(0o777)
        database = self.behind.path.strip("/")
        target = f"host={self.behind.hostname} port={self.behind.port} dbname={database}"
        settings = self.folder / "pgbouncer.ini"
        settings.write_text(
            f"[databases]\n{database} = {target} user={self.behind.username} "
            f"password={self.behind.password}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
            f"listen_port = {self.port}\nunix_socket_dir =\nauth_type = any\n"
            f"pool_mode = {pool_mode}\nignore_startup_parameters = options\n"
        )
        settings.chmod(0o644)
        own = ["-u", "nobody"] if os.getuid() == 0 else []
        self.command = [program() or "", *own, "-q", str(settings)]

    @property
    def url(self) -> str:
        return f"postgres://{self.behind.username}@127.0.0.1:{self.port}{self.behind.path}"

    def __enter__(self) -> PgBouncer:
        self.process = subprocess.Popen(self.command, stderr=subprocess.DEVNULL)
        give_up_at = time.monotonic() + START_SECONDS
        while not self.answers():
            assert time.monotonic() < give_up_at, "PgBouncer does not answer"
            time.sleep(0.05)
        return self

    def answers(self) -> bool:
        try:
            psycopg2.connect(self.url).close()
        except psycopg2.OperationalError:
            return False
        return True

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait()
        shutil.rmtree(self.folder)
