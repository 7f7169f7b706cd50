"""The whole product as real processes on a database and a broker of its own."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import psycopg2

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery"
STOP_SECONDS = 20


class Stack:
    """Starts and stops processes, and looks at what they did from outside."""

    settings = "saas.settings"
    celery = (sys.executable, "-m", "celery", "-A", "saas")

    def __init__(self, folder: Path, broker_url: str) -> None:
        self.folder = folder
        self.database = f"stack_{secrets.token_hex(4)}"
        self.web_port = free_port()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.database_url = with_path(os.environ["DATABASE_URL"], self.database)
        self.environment = os.environ | {
            "DATABASE_URL": self.database_url,
            "CELERY_BROKER_URL": broker_url,
            "DJANGO_SETTINGS_MODULE": self.settings,
            "DEBUG": "1",
            "HTTPS": "0",
            "PORT": str(self.web_port),
            "TENANTBEAT_STATE": str(folder / "state"),
            "TENANT_OWNER_PASSWORD": PASSWORD,
        }

    # Database --------------------------------------------------------------------------------
    def create_database(self) -> None:
        owner = urllib.parse.urlsplit(self.database_url).username
        self.administer(f'CREATE DATABASE "{self.database}" OWNER "{owner}"')
        self.manage("migrate_schemas", "--verbosity", "0")

    def drop_database(self) -> None:
        self.administer(f'DROP DATABASE IF EXISTS "{self.database}" WITH (FORCE)')

    def administer(self, statement: str) -> None:
        with closing(psycopg2.connect(os.environ["SUPERUSER_DATABASE_URL"])) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)

    def sql(
        self, statement: str, *parameters: Any, schema: str = "public"
    ) -> list[tuple[Any, ...]]:
        """Run one statement as the application's owner and return its rows, if it has any."""
        with closing(psycopg2.connect(self.database_url)) as connection, connection:
            with connection.cursor() as cursor:
                cursor.execute(f'SET search_path = "{schema}"')
                cursor.execute(statement, parameters)
                return cursor.fetchall() if cursor.description else []

    def schema_of(self, slug: str) -> str:
        return self.sql("SELECT schema_name FROM tenants_tenant WHERE slug = %s", slug)[0][0]

    def runs(self, slug: str) -> list[tuple[Any, ...]]:
        """Return slot and state of a tenant's runs, oldest first."""
        statement = "SELECT slot_at, state FROM scheduling_run ORDER BY slot_at"
        return self.sql(statement, schema=self.schema_of(slug))

    # Commands --------------------------------------------------------------------------------
    def manage(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=300
        )
        assert not check or done.returncode == 0, done.stderr
        return done

    def answer(self, *arguments: str) -> Any:
        """Return what a command answers with --json."""
        return json.loads(self.manage(*arguments, "--json").stdout)

    def provision(self, slug: str, timezone: str = "UTC", **options: str) -> Any:
        extra = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
        return self.answer(
            "provision_tenant", slug, "--name", slug.title(), "--timezone", timezone, *extra
        )

    def as_web(self, statement: str) -> subprocess.CompletedProcess[str]:
        """Run a line of Python as the web process does, with its login and rights."""
        program = f"import sys; sys.argv = ['gunicorn']; import django; django.setup(); {statement}"
        command = [sys.executable, "-c", program]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=60
        )

    # Processes -------------------------------------------------------------------------------
    def start_all(self) -> None:
        self.start_worker()
        self.start_worker("platform-worker", "platform")
        self.start_beat("beat-1")
        self.start_beat("beat-2")
        self.start_web()
        self.wait_until_ready()

    def start_worker(self, name: str = "worker", queue: str = "celery") -> None:
        node = f"{name}@{self.database}"
        self.start(name, *self.celery, "worker", "-Q", queue, "-c", "2", "-n", node, "-l", "info")

    def start_beat(self, name: str) -> None:
        self.start(name, *self.celery, "beat", "-l", "info")

    def start_web(self) -> None:
        address = f"127.0.0.1:{self.web_port}"
        gunicorn = [str(Path(sys.executable).with_name("gunicorn")), "saas.wsgi", "-b", address]
        self.start("web", *gunicorn, "--workers", "1", "--threads", "4")

    def start(self, name: str, *command: str) -> None:
        with open(self.log(name), "ab") as log:
            self.processes[name] = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def stop(self, name: str, how: signal.Signals = signal.SIGTERM) -> None:
        """Send a signal to a process and fail unless it ends; SIGKILL goes to its children too."""
        process = self.processes.pop(name)
        if how == signal.SIGKILL:
            os.killpg(process.pid, how)
        else:
            process.send_signal(how)
        assert ends(process), f"{name} did not stop\n{self.log(name).read_text()[-2000:]}"

    def stop_all(self) -> None:
        """End everything, each process by one signal: a second one confuses a Celery worker."""
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            ends(process)
        self.processes.clear()

    def wait_until_ready(self) -> None:
        ready = {"worker": " ready.", "platform-worker": " ready.", "beat": "beat is ready"}
        for name in self.processes:
            text = next((text for kind, text in ready.items() if name.startswith(kind)), None)
            if text:
                self.wait_until(partial(self.says, name, text), 60, name)
        if "web" in self.processes:
            self.wait_until(self.web_answers, 60, "web")

    def says(self, name: str, text: str) -> bool:
        return text in self.log(name).read_text()

    def web_answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.web_port}/health/ready") as page:
                return bool(page.status == 200)
        except OSError:
            return False

    def url(self, slug: str) -> str:
        return f"http://{slug}.localhost:{self.web_port}/"

    def wait_until(self, condition: Callable[[], Any], seconds: float, what: str) -> Any:
        """Return the condition's first true value; fail with the processes' logs after `seconds`."""
        deadline = time.monotonic() + seconds
        while not (value := condition()):
            assert time.monotonic() < deadline, f"waited {seconds} s for {what}\n{self.logs()}"
            time.sleep(0.05)
        return value

    def logs(self) -> str:
        tails = {log.name: log.read_text()[-3000:] for log in sorted(self.folder.glob("*.log"))}
        return "\n".join(f"--- {name}\n{text}" for name, text in tails.items())


def ends(process: subprocess.Popen[bytes]) -> bool:
    """Wait for a process's end; one that takes too long is killed with its children."""
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return False
    return True


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def with_path(url: str, path: str) -> str:
    return urllib.parse.urlsplit(url)._replace(path=f"/{path}").geturl()
