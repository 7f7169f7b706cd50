"""The naive twin running: the plain assembly with its own database, web server, worker and beat."""

from __future__ import annotations

import socket
import subprocess
import sys
import urllib.parse
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Any

from tests.attacks.site import ATTACKER, CLEARING, VICTIM, Site
from tests.integration.stack import PASSWORD, ROOT, Stack

#: How long an attack may take to show on a busy machine.
DAMAGE_SECONDS = 20


class TwinStack(Stack):
    settings = "tests.attacks.naive.settings"
    celery = (sys.executable, "-m", "celery", "-A", "tests.attacks.naive.celery")

    def create_database(self) -> None:
        owner = urllib.parse.urlsplit(self.database_url).username
        self.administer(f'CREATE DATABASE "{self.database}" OWNER "{owner}"')
        build = [sys.executable, "-m", "tests.attacks.naive.build", ATTACKER, VICTIM]
        subprocess.run(build, cwd=ROOT, env=self.environment, check=True, timeout=120)

    def start_web(self) -> None:
        address = f"127.0.0.1:{self.web_port}"
        server = ["manage.py", "runserver", "--noreload", "--skip-checks", address]
        self.start("web", sys.executable, *server)

    def start_beat(self, name: str) -> None:
        self.start(name, *self.celery, "beat", "-l", "info", "--pidfile=")

    def wait_until_ready(self) -> None:
        self.wait_until(lambda: self.says("worker", " ready."), 60, "worker")
        self.wait_until(self.web_answers, 60, "web")

    def web_answers(self) -> bool:
        with closing(socket.socket()) as probe:
            return probe.connect_ex(("127.0.0.1", self.web_port)) == 0


class Twin(Site):
    users = "auth/user"
    schedules = "django_celery_beat/periodictask"
    new_user = {"username": "helper", "password1": PASSWORD, "password2": PASSWORD}
    new_schedule = {"interval": "1", "task": CLEARING}
    users_table = "auth_user"

    def shows(self, damage: Callable[[], Any]) -> bool:
        with suppress(AssertionError):
            return bool(self.stack.wait_until(damage, DAMAGE_SECONDS, "the damage"))
        return False

    def tell_beat(self) -> None:
        """What upstream's models do by signals at each save; beat is started by the first attack."""
        for slug in (ATTACKER, VICTIM):
            self.sql(
                "INSERT INTO django_celery_beat_periodictasks VALUES (1, clock_timestamp())"
                " ON CONFLICT (ident) DO UPDATE SET last_update = clock_timestamp()",
                of=slug,
            )
        if "beat" not in self.stack.processes:
            self.stack.start_beat("beat")

    def make_ready(self) -> None:
        """Bring back the worker that the attack before has ended; beat comes back when it is needed."""
        ended = [
            name for name, process in self.stack.processes.items() if process.poll() is not None
        ]
        for name in ended:
            del self.stack.processes[name]
            self.stack.log(name).rename(self.stack.folder / f"{name}.ended")
        if "worker" in ended:
            self.stack.start_worker()
            self.stack.wait_until_ready()

    def clean(self) -> None:
        super().clean()
        self.broker.flushdb()
        unfinished = "SELECT id FROM tenants_tenant WHERE state = 'provisioning'"
        self.sql(f"DELETE FROM tenants_domain WHERE tenant_id IN ({unfinished})")
        self.sql("DELETE FROM tenants_tenant WHERE state = 'provisioning'")
        if "beat" in self.stack.processes:
            self.tell_beat()
